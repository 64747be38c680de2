import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run, type Sandbox } from "../support/mod.ts";
import { clientProgram as program } from "./client_program.ts";
import {
  assertEchoes,
  type CertificateOptions,
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

/** Whether the relay accepts a client with these credentials. */
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
  name: "only listed clients with a certificate of the CA are accepted",
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
    const { connections } = await (await fetch(`http://${relay.status}/`)).json();
    assertEquals(
      connections.refused.map(({ serverName }: { serverName?: string }) => serverName),
      ["localhost", "localhost", "localhost", "localhost"],
    );
    const metrics = await (await fetch(`http://${relay.status}/metrics`)).text();
    assertEquals(metric(metrics, 'connections_refused_total{reason="client-not-allowed"}'), 4);
    assertEquals(metric(metrics, "handshake_failures_total"), 0);
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
  name: "the log says why a client's certificate is refused, and of an accepted one its name",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const ca = await makeAuthority("clients");
    const other = await makeAuthority("others");
    const { cert } = await writePair(sandbox, ca, "ca");
    const relay = await startEchoRelay(sandbox, [
      ...["--client-ca", cert, "--log", "connections", "--status", "127.0.0.1:0"],
    ], { program });
    const client = (options: CertificateOptions) =>
      makeCertificate({ name: "ann", ca, ...options });
    const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;
    const refusals: [Pair | undefined, RegExp][] = [
      [undefined, /the client sent no certificate/],
      [await client({ days: -1 }), /the client's certificate \\"ann\\" expired on .* GMT/],
      [
        await client({ ca: other }),
        /\\"ann\\" was not issued by the CA of --client-ca, but by: CN=others/,
      ],
      [await client({ usages: [serverAuth] }), /\\"ann\\" is not meant for clients \(its extended/],
    ];
    for (const [credentials, reason] of refusals) {
      assertEquals(await letIn(relay, credentials), false);
      await relay.says(new RegExp(`ending=client-not-allowed reason=.*${reason.source}`));
    }
    assertEquals(await letIn(relay, await client({ usages: [clientAuth] })), true);
    await relay.says(/ending=closed target=\S+ server-name=localhost certificate=ann /);
    const { connections } = await (await fetch(`http://${relay.status}/`)).json();
    assertEquals(connections.refused.length, 4);
    assertEquals(connections.ended[0].certificate, "ann");
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

/** A relay with a route whose target reports whether it can still write once its client is gone. */
async function startWatched(
  sandbox: Sandbox,
): Promise<{ relay: RunningRelay; seen: Promise<string> }> {
  const socket = sandbox.path("target.sock");
  const seen = Promise.withResolvers<string>();
  serveUnix(sandbox, socket, async (conn) => {
    await readText(conn, 5);
    await writeAll(conn, encode("world"));
    await conn.read(new Uint8Array(1)).catch(() => {});
    seen.resolve(await writeAll(conn, new Uint8Array(1)).then(() => "open", () => "closed"));
  });
  const relay = await startRelay(sandbox, ["--route", `localhost=${socket}`], { program });
  return { relay, seen: seen.promise };
}

Deno.test({
  name: "a routed client's reset closes the target's connection in both directions",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const { relay, seen } = await startWatched(sandbox);
    const client = await connectRaw(relay);
    await writeAll(client.conn, encode("hello"));
    await readText(client.conn, 5);
    client.reset();
    assertEquals(await seen, "closed");
  },
});

Deno.test({
  name: "a routed client's end of TCP without close_notify counts as an abort",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const { relay, seen } = await startWatched(sandbox);
    const client = await connectRaw(relay);
    sandbox.defer(() => closeQuietly(client.conn));
    await writeAll(client.conn, encode("hello"));
    await readText(client.conn, 5);
    client.truncate();
    assertEquals(await seen, "closed");
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
      ...["--max-connections", "2", "--handshake-timeout", "1s"],
    ], { program });
    const first = await connect(relay);
    await assertEchoes(first);
    const before = descriptorCount(relay.pid);
    const silent = await Promise.all(
      Array.from({ length: 3 }, () => Deno.connect({ hostname: "127.0.0.1", port: relay.port })),
    );
    // The relay admits one at a time; the rest wait in the kernel's queue.
    for (const conn of silent) {
      await conn.read(new Uint8Array(1)).catch(() => null);
      assert(descriptorCount(relay.pid) <= before + 1);
      closeQuietly(conn);
    }
    await eventually("they are let go", () => descriptorCount(relay.pid) <= before);
    const second = await connect(relay);
    const third = connect(relay);
    await assertEchoes(second);
    first.close();
    using conn = await third;
    await assertEchoes(conn);
    second.close();
  },
});

Deno.test("a runtime without client certificates refuses --client-ca", {
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
