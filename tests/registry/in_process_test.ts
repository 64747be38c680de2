/** The registry as a library, in the process of another program. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { delay } from "@std/async/delay";
import { connectChannels } from "../../src/ipc/mod.ts";
import { requestUnix } from "../../src/http/mod.ts";
import { jsonReply } from "../../src/http/server/mod.ts";
import { UPSTREAM_HEADER } from "../../src/registry/mod.ts";
import { SessionStore } from "../../src/registry/store/store.ts";
import { SessionctlError } from "../../src/mod.ts";
import { makeSandbox, startEditor } from "../support/mod.ts";
import { startHttpServer } from "../support/raw_http.ts";
import { startTestRegistry } from "./http_support.ts";

Deno.test("a registry that is asked as an upstream does not ask its own upstreams", async () => {
  await using sandbox = await makeSandbox();
  const upstream = startHttpServer(sandbox, {}, () => jsonReply(200, {}));
  const { socketPath } = await startTestRegistry(sandbox, { upstreams: [upstream.path] });
  const ask = async (headers: Record<string, string>) => {
    for (const path of ["/session", "/v1/candidates"]) {
      const target = `${path}?filePath=/w/a.ts`;
      await requestUnix(socketPath, { method: "GET", target, headers, timeoutMs: 20_000 });
    }
  };
  await ask({ [UPSTREAM_HEADER]: "1" });
  assertEquals(upstream.requests.length, 0);
  await ask({});
  assertEquals(upstream.requests.length, 2);
});

Deno.test("a connection to the hub keeps a registry from ending as idle", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox, { idleTimeoutMs: 100 });
  const peer = await connectChannels(registry.health().ipcSocket!, "watcher");
  const ended = registry.finished.then(() => "ended");
  assertEquals(await Promise.race([ended, delay(500).then(() => "there")]), "there");
  peer.dispose();
  assertEquals(await ended, "ended");
});

Deno.test("a failed start leaves nothing behind that blocks the next start", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("run/sessionctl/registry.sock");
  Deno.mkdirSync(sandbox.path("run/sessionctl"), { mode: 0o700 });
  const other = Deno.listen({ transport: "unix", path });
  const error = await assertRejects(() => startTestRegistry(sandbox), SessionctlError);
  assertEquals(error.code, "ADDRESS_IN_USE");
  other.close();
  const stateFile = sandbox.path("is", "no", "file");
  Deno.mkdirSync(stateFile, { recursive: true });
  const unusable = await assertRejects(
    () => startTestRegistry(sandbox, { stateFile }),
    SessionctlError,
  );
  assertEquals(unusable.code, "STATE_UNAVAILABLE");
  const registry = await startTestRegistry(sandbox);
  assertEquals((await registry.ask("/healthz")).status, 200);
});

Deno.test("an upstream's answer is used only if the window is live", async () => {
  await using sandbox = await makeSandbox();
  let answer: unknown = { socketPath: sandbox.path("dead.sock") };
  const upstream = startHttpServer(sandbox, {}, () => jsonReply(200, answer));
  const registry = await startTestRegistry(sandbox, { upstreams: [upstream.path] });
  assertEquals(await registry.find("/w/a.ts"), undefined);
  const editor = await startEditor(sandbox);
  answer = { socketPath: editor.socketPath };
  assertEquals(await registry.find("/w/a.ts"), editor.socketPath);
});

Deno.test("a recurring problem does not fill the log", async () => {
  await using sandbox = await makeSandbox();
  const stateFile = sandbox.path("state.db");
  SessionStore.open(stateFile).close();
  const database = new DatabaseSync(stateFile);
  database.exec(
    "CREATE TRIGGER no BEFORE DELETE ON sessions BEGIN SELECT RAISE(ABORT, 'not today'); END",
  );
  database.close();
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const { registry, close } = await startTestRegistry(sandbox, { stateFile, log });
  for (let i = 0; i < 20; i++) {
    await registry.add({ socketPath: sandbox.path("dead.sock") });
    await registry.prune();
  }
  await close();
  assertMatch(lines[0]!, /not today$/);
  assert(lines.length < 10, lines.join("\n"));
  assertMatch(lines.at(-1)!, /not today \([0-9]+ times\)$/);
});
