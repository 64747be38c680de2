import { assertEquals, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run, type Sandbox } from "../support/mod.ts";
import { encode, readText, serveUnix, startRelay, writeAll } from "./support.ts";
import { serveHttp } from "./http_support.ts";

async function health(status: string): Promise<number> {
  const answer = await fetch(`http://${status}/healthz`);
  await answer.body?.cancel();
  return answer.status;
}

const start = (sandbox: Sandbox, ...more: string[]) =>
  startRelay(sandbox, [
    ...["--to", sandbox.path("target.sock"), "--status", "127.0.0.1:0"],
    ...["--check-path", "/alive?x=1", ...more],
  ]);

Deno.test("/healthz requests --check-path from the target and reports its answer", async () => {
  await using sandbox = await makeSandbox();
  const seen = serveHttp(sandbox, sandbox.path("target.sock"));
  const relay = await start(sandbox);
  assertEquals(await health(relay.status), 200);
  assertStringIncludes(seen.heads.join(""), "GET /alive?x=1 HTTP/1.1\r\nHost: localhost\r\n");
});

for (
  const [answer, said] of [
    ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "GET /alive?x=1 was answered with 503"],
    ["SSH-2.0-OpenSSH_9.2\r\n", "GET /alive?x=1 was answered with no HTTP"],
    ["HTTP/1.1", "GET /alive?x=1 was answered with no HTTP"],
  ] as const
) {
  Deno.test(`a target that answers ${JSON.stringify(answer)} is not healthy, and the status says why`, async () => {
    await using sandbox = await makeSandbox();
    serveUnix(sandbox, sandbox.path("target.sock"), async (conn) => {
      await conn.read(new Uint8Array(1000));
      await writeAll(conn, encode(answer));
    });
    const relay = await start(sandbox);
    assertEquals(await health(relay.status), 503);
    const { targets } = await (await fetch(`http://${relay.status}/`)).json();
    assertEquals(targets[0].lastError.message, said);
  });
}

Deno.test("a target that accepts and never answers is not healthy after three seconds", async () => {
  await using sandbox = await makeSandbox();
  serveUnix(sandbox, sandbox.path("target.sock"), async (conn) => {
    while ((await conn.read(new Uint8Array(1000))) !== null) { /* sends nothing */ }
  });
  const relay = await start(sandbox);
  assertEquals(await health(relay.status), 503);
  const { targets } = await (await fetch(`http://${relay.status}/`)).json();
  assertStringIncludes(targets[0].lastError.message, "within 3000 ms");
});

for (
  const [version, head] of [["v1", "PROXY UNKNOWN\r\n"], ["v2", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"]]
) {
  Deno.test(`the health request follows the PROXY header ${version} and the id that the target expects`, async () => {
    await using sandbox = await makeSandbox();
    const heard = Promise.withResolvers<string>();
    serveUnix(sandbox, sandbox.path("target.sock"), async (conn) => {
      heard.resolve(await readText(conn, head!.length + 36 + 10));
      await writeAll(conn, encode("HTTP/1.1 204 No Content\r\n\r\n"));
    });
    const relay = await start(sandbox, "--proxy-protocol", version!, "--preface", "uuid");
    assertEquals(await health(relay.status), 200);
    const text = await heard.promise;
    assertEquals(text.slice(0, head!.length), head);
    assertEquals(text.slice(head!.length + 36), "GET /alive");
  });
}

Deno.test("--check-path takes a path and needs --status", async () => {
  await using sandbox = await makeSandbox();
  const args = ["relay", "--listen", "127.0.0.1:0", "--self-signed", "--to", "/x.sock"];
  const attempts: [string[], string][] = [
    [["--check-path", "alive", "--status", "127.0.0.1:0"], "--check-path is not a path"],
    [["--check-path", "/a b", "--status", "127.0.0.1:0"], "--check-path is not a path"],
    [["--check-path", "/alive"], "--check-path needs --status"],
  ];
  for (const [more, message] of attempts) {
    const result = await run(compiled, sandbox, { args: [...args, ...more] });
    assertEquals(result.code, 2);
    assertStringIncludes(result.stderr, message);
  }
});
