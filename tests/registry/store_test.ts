/** The state file: its content after failures, and the detection of damage. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { pruneState } from "../../src/registry/mod.ts";
import { toSession } from "../../src/registry/session.ts";
import { SessionStore } from "../../src/registry/store/store.ts";
import { makeSandbox } from "../support/mod.ts";

const session = (socketPath: string) => toSession({ socketPath }, 1);

/** The content of a state file as the next server reads it. */
function stored(path: string): string[] {
  const store = SessionStore.open(path);
  const sessions = store.load();
  assertEquals(store.damaged, undefined);
  store.close();
  return sessions.map(({ socketPath }) => socketPath);
}

Deno.test("a write after a failed write is kept", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("state.db");
  const store = SessionStore.open(path);
  const broken = { ...session("/broken.sock"), socketPath: undefined as unknown as string };
  // Both belong to one transaction, which fails at its second part.
  const failed = [store.put(session("/with.sock")), store.put(broken)];
  for (const put of failed) await assertRejects(() => put, Error, "cannot use the state file");
  await store.put(session("/after.sock"));
  store.close();
  assertEquals(stored(path), ["/after.sock"]);
});

Deno.test("closing the store completes pending writes", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("state.db");
  const store = SessionStore.open(path);
  const put = store.put(session("/late.sock"));
  store.close();
  await put;
  assertEquals(stored(path), ["/late.sock"]);
});

Deno.test("a damaged index is detected at the start, not at the first write", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("state.db");
  const store = SessionStore.open(path);
  await store.put(session("/a.sock"));
  store.close();
  const database = new DatabaseSync(path);
  const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_master WHERE type = 'index'")
    .get() as { rootpage: number };
  const { page_size } = database.prepare("PRAGMA page_size").get() as { page_size: number };
  database.close();
  const bytes = Deno.readFileSync(path);
  bytes.fill(0xff, (rootpage - 1) * page_size, rootpage * page_size);
  Deno.writeFileSync(path, bytes);
  const after = SessionStore.open(path);
  assert(after.damaged !== undefined);
  await after.put(session("/b.sock"));
  after.close();
  assertEquals(stored(path), ["/a.sock", "/b.sock"]);
});

Deno.test("pruning a state file that cannot be changed fails with an error", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("state.db");
  const store = SessionStore.open(path);
  await store.put(session(sandbox.path("dead.sock")));
  store.close();
  const database = new DatabaseSync(path);
  database.exec(
    "CREATE TRIGGER no BEFORE DELETE ON sessions BEGIN SELECT RAISE(ABORT, 'not today'); END",
  );
  database.close();
  const options = { timeoutMs: 300, allowOwners: [], dryRun: false };
  await assertRejects(() => pruneState(path, options), Error, "not today");
  assertEquals((await pruneState(path, { ...options, dryRun: true })).length, 1);
});
