import { assertEquals, assertStringIncludes } from "@std/assert";
import { knowsClients } from "../../src/relay/runtime.ts";
import { compiled, makeSandbox, run, source } from "../support/mod.ts";
import {
  assertEchoes,
  closeQuietly,
  connect,
  connectRaw,
  descriptorCount,
  echo,
  encode,
  eventually,
  makeAuthority,
  makeCertificate,
  metric,
  type Pair,
  readText,
  type RunningRelay,
  serveUnix,
  startEchoRelay,
  startRelay,
  writeAll,
  writePair,
} from "./support.ts";

/** What can know its clients: the compiled binary if its runtime can, else the source if ours can. */
const program = await compiledKnowsClients() ? compiled : knowsClients() ? source : undefined;

async function compiledKnowsClients(): Promise<boolean> {
  await using sandbox = await makeSandbox();
  const { stdout } = await run(compiled, sandbox, { args: ["--version", "--json"] });
  return knowsClients(JSON.parse(stdout).deno);
}

/** Whether a client with these credentials is let in. */
async function letIn(relay: RunningRelay, credentials?: Pair): Promise<boolean> {
  try {
    using conn = await Deno.connectTls({
      hostname: "localhost",
      port: relay.port,
      caCerts: [relay.cert],
      ...credentials,
    });
    await writeAll(conn, encode("hello"));
    return await readText(conn, 5) === "hello";
  } catch {
    return false;
  }
}

Deno.test({
  name: "only clients of the CA come in, and of those only the listed ones",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const ca = await makeAuthority("clients");
    const { cert: caPath } = await writePair(sandbox, ca, "ca");
    const ann = await makeCertificate({ name: "ann", ca });
    const ben = await makeCertificate({
      name: "ben",
      ca,
      sans: [{ type: "dns", value: "ben.example" }],
    });
    const eve = await makeCertificate({ name: "eve", ca });
    const foreign = await makeCertificate({ name: "ann", ca: await makeAuthority("clients") });
    const expired = await makeCertificate({ name: "ann", ca, days: -1 });
    const relay = await startEchoRelay(sandbox, [
      ...["--client-ca", caPath, "--allow-cn", "ann", "--allow-san", "DNS:ben.example"],
      ...["--status", "127.0.0.1:0"],
    ], { program });
    const results = [];
    for (const client of [ann, ben, eve, foreign, expired, undefined]) {
      results.push(await letIn(relay, client));
    }
    assertEquals(results, [true, true, false, false, false, false]);
    await relay.says(/the client "eve" is not allowed/);
    const metrics = await (await fetch(`http://${relay.status}/metrics`)).text();
    assertEquals(metric(metrics, 'connections_refused_total{reason="client-not-allowed"}'), 1);
    assertEquals(metric(metrics, "handshake_failures_total"), 3);
  },
});

Deno.test({
  name: "--allow-san takes addresses, DNS wildcards and URI path wildcards",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const ca = await makeAuthority("clients");
    const { cert: caPath } = await writePair(sandbox, ca, "ca");
    const allowed = ["IP:10.1.2.3", "DNS:*.dev.example", "URI:spiffe://ex/*/web"]
      .flatMap((name) => ["--allow-san", name]);
    const relay = await startEchoRelay(sandbox, ["--client-ca", caPath, ...allowed], { program });
    const comesIn = async (type: "dns" | "ip" | "url", value: string) =>
      await letIn(relay, await makeCertificate({ name: "x", ca, sans: [{ type, value }] }));
    assertEquals(await comesIn("ip", "10.1.2.3"), true);
    assertEquals(await comesIn("ip", "10.1.2.4"), false);
    assertEquals(await comesIn("dns", "a.dev.example"), true);
    assertEquals(await comesIn("dns", "a.b.dev.example"), false);
    assertEquals(await comesIn("url", "spiffe://ex/a/web"), true);
    assertEquals(await comesIn("url", "spiffe://ex/a/db"), false);
  },
});

Deno.test({
  name: "a --route with a wildcard takes each host with one label more, unless a route names it",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    for (const name of ["one", "any"]) {
      serveUnix(sandbox, sandbox.path(`${name}.sock`), async (conn) => {
        await writeAll(conn, encode(`it is ${name}`));
      });
    }
    const hosts = ["one.dev.test", "two.dev.test", "a.two.dev.test"];
    const sans = hosts.map((value) => ({ type: "dns" as const, value }));
    const pair = await makeCertificate({ sans });
    const relay = await startRelay(sandbox, [
      ...["--route", `*.dev.test=${sandbox.path("any.sock")}`],
      ...["--route", `one.dev.test=${sandbox.path("one.sock")}`],
    ], { program, pair });
    const ask = async (hostname: string) => {
      const tcp = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
      using conn = await Deno.startTls(tcp, { hostname, caCerts: [pair.cert] });
      return await readText(conn, 9).catch(() => "refused");
    };
    const answers = [];
    for (const host of hosts) answers.push(await ask(host));
    assertEquals(answers, ["it is one", "it is any", "refused"]);
  },
});

Deno.test({
  name: "a name that looks like two is neither of them",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const ca = await makeAuthority("clients");
    const { cert: caPath } = await writePair(sandbox, ca, "ca");
    const allowed = ["--allow-cn", "ann", "--allow-san", "DNS:ben.example"];
    const relay = await startEchoRelay(sandbox, ["--client-ca", caPath, ...allowed], { program });
    const comesIn = async (name: string, dns: string) => {
      const sans = [{ type: "dns" as const, value: dns }];
      return await letIn(relay, await makeCertificate({ name, ca, sans }));
    };
    assertEquals(await comesIn("eve", "ben.example"), true);
    assertEquals(await comesIn("ann", "x.example"), true);
    for (const dns of ["x, DNS:ben.example", "x\0, DNS:ben.example", "ben.example\0.example"]) {
      assertEquals(await comesIn("eve", dns), false, dns);
    }
    for (
      const name of ["eve\\, CN=ann", "eve\\0ACN=ann", "eve, CN=ann", "ann, CN=eve", "ann\\00"]
    ) {
      assertEquals(await comesIn(name, "x.example"), false, name);
    }
  },
});

Deno.test({
  name: "why a client's handshake failed is told in the log",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const { cert } = await writePair(sandbox, await makeAuthority("clients"), "ca");
    const relay = await startEchoRelay(sandbox, ["--client-ca", cert], { program });
    assertEquals(await letIn(relay), false);
    await relay.says(/refused a connection from 127\.0\.0\.1:[0-9]+: .*certificate/);
  },
});

Deno.test({
  name: "connections go where their server name says",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    for (const name of ["one", "two"]) {
      serveUnix(sandbox, sandbox.path(`${name}.sock`), async (conn) => {
        await writeAll(conn, encode(`it is ${name}`));
      });
    }
    const sans = ["one.test", "two.test", "none.test", "constructor"].map((value) => ({
      type: "dns" as const,
      value,
    }));
    const pair = await makeCertificate({ sans });
    const relay = await startRelay(sandbox, [
      ...["--route", `one.test=${sandbox.path("one.sock")}`],
      ...["--route", `two.test=${sandbox.path("two.sock")}`],
      ...["--status", "127.0.0.1:0"],
    ], { program, pair });
    const ask = async (hostname: string) => {
      const tcp = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
      using conn = await Deno.startTls(tcp, { hostname, caCerts: [pair.cert] });
      return await readText(conn, 9).catch(() => "refused");
    };
    assertEquals(await ask("one.test"), "it is one");
    assertEquals(await ask("two.test"), "it is two");
    assertEquals(await ask("none.test"), "refused");
    await relay.says(/no route for "none\.test"/);
    assertEquals(await ask("constructor"), "refused");
    const metrics = await (await fetch(`http://${relay.status}/metrics`)).text();
    assertEquals(metric(metrics, 'connections_refused_total{reason="unknown-server-name"}'), 2);
  },
});

Deno.test({
  name: "a routed client's reset closes the target's connection in both directions",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const socket = sandbox.path("target.sock");
    const seen = Promise.withResolvers<string>();
    serveUnix(sandbox, socket, async (conn) => {
      await readText(conn, 5);
      await writeAll(conn, encode("world"));
      await conn.read(new Uint8Array(1)).catch(() => {});
      seen.resolve(await writeAll(conn, new Uint8Array(1)).then(() => "open", () => "closed"));
    });
    const args = ["--route", `localhost=${socket}`];
    const relay = await startRelay(sandbox, args, { program });
    const client = await connectRaw(relay);
    await writeAll(client.conn, encode("hello"));
    await readText(client.conn, 5);
    client.reset();
    assertEquals(await seen.promise, "closed");
  },
});

Deno.test({
  name: "beyond --max-connections a routed client waits, and a silent one frees its descriptor",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const socket = sandbox.path("target.sock");
    serveUnix(sandbox, socket, echo);
    const relay = await startRelay(sandbox, [
      ...["--route", `localhost=${socket}`],
      ...["--max-connections", "1", "--handshake-timeout", "500ms"],
    ], { program });
    const first = await connect(relay);
    await assertEchoes(first);
    const before = descriptorCount(relay.pid);
    const silent = await Promise.all(
      Array.from({ length: 30 }, () => Deno.connect({ hostname: "127.0.0.1", port: relay.port })),
    );
    for (const conn of silent) {
      await conn.read(new Uint8Array(1)).catch(() => null);
      closeQuietly(conn);
    }
    await eventually("they are let go", () => descriptorCount(relay.pid) <= before);
    using waiting = await connect(relay);
    await writeAll(waiting, encode("hello"));
    first.close();
    assertEquals(await readText(waiting, 5), "hello");
  },
});

Deno.test("a runtime that cannot know its clients refuses to pretend", {
  ignore: program === compiled,
}, async () => {
  await using sandbox = await makeSandbox();
  const { cert } = await writePair(sandbox, await makeAuthority("clients"), "ca");
  for (const args of [["--to", "/x.sock", "--client-ca", cert], ["--route", "a.test=/x.sock"]]) {
    const result = await run(compiled, sandbox, {
      args: ["relay", "--listen", "127.0.0.1:0", "--self-signed", ...args],
    });
    assertEquals(result.code, 1);
    assertStringIncludes(result.stderr, "needs a sessionctl that was built with Deno 2.9 or later");
  }
});
