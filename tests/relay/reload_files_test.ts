import { assertEquals } from "@std/assert";
import { knowsClients } from "../../src/relay/start.ts";
import { compiled, makeSandbox, source } from "../support/mod.ts";
import {
  connect,
  echo,
  encode,
  makeAuthority,
  makeCertificate,
  type Pair,
  readText,
  serveUnix,
  startEchoRelay,
  startRelay,
  writeAll,
  writePair,
} from "./support.ts";
import { exchange, request, startGuarded, statusOf, TOKEN } from "./http_support.ts";

const OTHER_TOKEN = TOKEN.split("").reverse().join("");
const bearer = (token: string) => request("GET /", `Authorization: Bearer ${token}\r\n`);

for (const workers of ["1", "2"]) {
  Deno.test(`after a change of the token only the new one is accepted, with --workers ${workers}`, async () => {
    await using sandbox = await makeSandbox();
    const { relay } = await startGuarded(sandbox, ["--workers", workers]);
    const status = async (token: string) => statusOf(await exchange(relay, bearer(token)));
    assertEquals([await status(TOKEN), await status(OTHER_TOKEN)], [200, 401]);
    await Deno.writeTextFile(sandbox.path("token"), OTHER_TOKEN);
    relay.signal("SIGHUP");
    await relay.says(new RegExp(`(token loaded from \\S+token[^]*){${workers}}`));
    assertEquals([await status(TOKEN), await status(OTHER_TOKEN)], [401, 200]);
    await Deno.writeTextFile(sandbox.path("token"), "short");
    await relay.says(/cannot reload the token; the previous one stays in use: .*at least 16/);
    assertEquals(await status(OTHER_TOKEN), 200);
  });
}

Deno.test("a connection that is open needs the new token for its next request", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox);
  using conn = await connect(relay);
  await writeAll(conn, encode(bearer(TOKEN)));
  assertEquals(await readText(conn, 12), "HTTP/1.1 200");
  await Deno.writeTextFile(sandbox.path("token"), OTHER_TOKEN);
  await relay.says(/token loaded/);
  await writeAll(conn, encode(bearer(TOKEN)));
  const answers = await readText(conn, 60);
  assertEquals(answers.match(/HTTP\/1\.1 [0-9]+/g), ["HTTP/1.1 401"]);
});

Deno.test({
  name: "a client CA that was changed decides about the next connections",
  ignore: !knowsClients(),
  fn: async () => {
    await using sandbox = await makeSandbox();
    const [first, second] = [await makeAuthority("first"), await makeAuthority("second")];
    const { cert: caPath } = await writePair(sandbox, first, "ca");
    const relay = await startEchoRelay(sandbox, ["--client-ca", caPath], { program: source });
    const letIn = async (credentials: Pair) => {
      const address = { hostname: "localhost", port: relay.port };
      try {
        using conn = await Deno.connectTls({ ...address, caCerts: [relay.cert], ...credentials });
        await writeAll(conn, encode("hello"));
        return await readText(conn, 5) === "hello";
      } catch {
        return false;
      }
    };
    const ann = await makeCertificate({ name: "ann", ca: first });
    const ben = await makeCertificate({ name: "ben", ca: second });
    assertEquals([await letIn(ann), await letIn(ben)], [true, false]);
    await writePair(sandbox, second, "ca");
    relay.signal("SIGHUP");
    await relay.says(/client CA loaded from \S+ca\.pem/);
    assertEquals([await letIn(ann), await letIn(ben)], [false, true]);
    await Deno.writeTextFile(caPath, "half a certifi");
    await relay.says(/cannot reload the client CA; the previous one stays in use: .*ca\.pem/);
    assertEquals([await letIn(ann), await letIn(ben)], [false, true]);
  },
});

Deno.test("relay connect trusts a changed CA and keeps it while the next one is broken", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  const far = await startRelay(sandbox, ["--to", socket]);
  const other = await makeCertificate();
  const { cert: trusted } = await writePair(sandbox, other, "trusted");
  const path = sandbox.path("run", "near.in");
  const near = await startRelay(sandbox, [
    ...["connect", "--listen", path, "--ca", trusted, "--server-name", "localhost"],
    ...["--to", `127.0.0.1:${far.port}`],
  ], { program: compiled });
  const speak = async () => {
    using conn = await Deno.connect({ transport: "unix", path });
    try {
      await writeAll(conn, encode("hello"));
      return await readText(conn, 5);
    } catch {
      return "refused";
    }
  };
  assertEquals(await speak(), "refused");
  await Deno.writeTextFile(trusted, far.cert);
  await near.says(/CA loaded from \S+trusted\.pem/);
  assertEquals(await speak(), "hello");
  await Deno.writeTextFile(trusted, "half a certifi");
  await near.says(/cannot reload the CA; the previous one stays in use/);
  assertEquals(await speak(), "hello");
});
