import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { SessionctlError } from "../../src/errors.ts";
import { SessionStore } from "../../src/registry/store/store.ts";
import { compiled, makeSandbox, run, type Sandbox, seeded, tally } from "../support/mod.ts";
import {
  asRoot,
  asUser,
  healthOf,
  mountSmall,
  register,
  sessionsOf,
  startServer,
  unusedUid,
} from "./serve_support.ts";

function damagedFiles(state: string): string[] {
  return [...Deno.readDirSync(dirname(state))].map(({ name }) => name)
    .filter((name) => name.includes(".damaged-") && !/-(wal|shm)$/.test(name));
}

/** Creates a state file with sessions, as a server leaves it. */
async function makeState(state: string, count: number): Promise<void> {
  const store = SessionStore.open(state);
  const session = { kind: "editor", source: "api", registeredAt: 1, lastSeenAt: 1 } as const;
  await Promise.all(
    Array.from(
      { length: count },
      (_, number) => store.put({ ...session, socketPath: `/${number}` }),
    ),
  );
  store.close();
}

const damages: Record<string, (state: string) => void | Promise<void>> = {
  "of zeros": (state) => Deno.writeFile(state, new Uint8Array(20_000)),
  "that was truncated": async (state) => {
    await makeState(state, 500);
    await Deno.truncate(state, Deno.statSync(state).size / 2);
  },
  "with a row that is no session": async (state) => {
    await makeState(state, 1);
    const database = new DatabaseSync(state);
    database.exec("UPDATE sessions SET session = 'null'");
    database.close();
  },
};

for (const [what, damage] of Object.entries(damages)) {
  Deno.test(`a state file ${what} is moved aside and reported, and the server serves`, async () => {
    await using sandbox = await makeSandbox();
    const state = sandbox.path("state.db");
    await damage(state);
    const before = await Deno.readFile(state);
    const server = await startServer(sandbox);
    const [moved, ...others] = damagedFiles(state);
    assertEquals(others, []);
    assertStringIncludes(server.said(), "the state file was damaged (");
    assertStringIncludes(server.said(), `it is now ${sandbox.path(moved!)}`);
    // SQLite may have changed the header while it checked; nothing is cut off.
    assertEquals((await Deno.stat(sandbox.path(moved!))).size, before.length);
    await register(server.socket, "/e.sock", "/work");
    await server.stop();
    const next = await startServer(sandbox);
    // After a loss, the first server has registered all live windows, including those of other
    // tests.
    const sessions = (await sessionsOf(next.socket)).filter(({ source }) => source === "api");
    assertEquals(sessions.map(({ socketPath }) => socketPath), ["/e.sock"]);
    assertEquals(damagedFiles(state), [moved]);
  });
}

Deno.test("a file at the default path that is not a state file is moved aside", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("home/.local/state/sessionctl/registry.db");
  await Deno.mkdir(dirname(state), { recursive: true, mode: 0o700 });
  await Deno.writeFile(state, crypto.getRandomValues(new Uint8Array(20_000)));
  const server = await startServer(sandbox, { state });
  assertEquals(damagedFiles(state).length, 1);
  assertEquals(await server.stop(), 0);
});

Deno.test("a file that never was a state file is refused and stays unchanged", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("home/.bashrc");
  await Deno.writeTextFile(state, "export PRECIOUS=1 # and more of it\n");
  const result = await serveOnce(sandbox, state);
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, `cannot use the state file ${state}: it is not a state file`);
  assertStringIncludes(result.stderr, "--state FILE");
  assertEquals(await Deno.readTextFile(state), "export PRECIOUS=1 # and more of it\n");
  assertEquals(damagedFiles(state), []);
});

async function serveOnce(sandbox: Sandbox, state: string) {
  return await run(compiled, sandbox, { args: ["serve", "--state", state] });
}

Deno.test("another program's database is refused and not changed", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("other.db");
  const database = new DatabaseSync(state);
  database.exec("CREATE TABLE sessions (mine TEXT); INSERT INTO sessions VALUES ('precious')");
  database.close();
  const before = await Deno.readFile(state);
  const result = await serveOnce(sandbox, state);
  assertEquals(result.code, 1);
  assertStringIncludes(
    result.stderr,
    `cannot use the state file ${state}: it is another program's`,
  );
  assertStringIncludes(result.stderr, "--no-state");
  assertEquals(await Deno.readFile(state), before);
  assertEquals(damagedFiles(state), []);
});

Deno.test("a state file with a newer schema is refused and not changed", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("newer.db");
  await makeState(state, 1);
  const database = new DatabaseSync(state);
  database.exec("PRAGMA user_version = 99; PRAGMA journal_mode = DELETE");
  database.close();
  const before = await Deno.readFile(state);
  const result = await serveOnce(sandbox, state);
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "it was written by a newer sessionctl (schema 99)");
  assertEquals(await Deno.readFile(state), before);
});

Deno.test("a state file that is a directory or a FIFO is refused", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("folder"));
  await new Deno.Command("mkfifo", { args: [sandbox.path("pipe")] }).output();
  for (const name of ["folder", "pipe"]) {
    const result = await serveOnce(sandbox, sandbox.path(name));
    assertEquals(result.code, 1);
    assertStringIncludes(result.stderr, "it is not a regular file");
  }
});

Deno.test("a second server on the same state file is refused with a clear message", async () => {
  await using sandbox = await makeSandbox();
  const first = await startServer(sandbox);
  await register(first.socket, "/e.sock", "/work");
  const args = [
    "serve",
    "--state",
    sandbox.path("state.db"),
    "--socket",
    sandbox.path("run/b.sock"),
  ];
  const second = await run(compiled, sandbox, { args });
  assertEquals(second.code, 1);
  assertStringIncludes(second.stderr, `${sandbox.path("state.db")} is in use by another server`);
  if (Deno.build.os === "linux") {
    const { pid } = await healthOf(first.socket);
    assertStringIncludes(second.stderr, `in use by another server (pid ${pid})`);
    assertStringIncludes(second.stderr, `end it with: kill ${pid}`);
  }
  assertStringIncludes(second.stderr, "--state FILE for this server, or --no-state");
  await register(first.socket, "/f.sock", "/work");
  assertEquals((await sessionsOf(first.socket)).length, 2);
  assertEquals([...Deno.readDirSync(sandbox.path("run"))].map(({ name }) => name), ["sessionctl"]);
});

Deno.test("--no-state keeps no file and no session across a restart", async () => {
  await using sandbox = await makeSandbox();
  const first = await startServer(sandbox, { state: null });
  await register(first.socket, "/e.sock", "/work");
  assertEquals((await sessionsOf(first.socket)).length, 1);
  await first.stop();
  const second = await startServer(sandbox, { state: null });
  assertEquals(await sessionsOf(second.socket), []);
  assertStringIncludes(second.said(), "kept in memory only");
  assertEquals([...Deno.readDirSync(sandbox.path("home"))], []);
});

Deno.test({
  ...asRoot,
  name: "a state directory without write permission is refused with a hint",
  async fn() {
    await using sandbox = await makeSandbox();
    const directory = sandbox.path("locked");
    await Deno.mkdir(directory);
    const program = await asUser(sandbox, unusedUid());
    await Deno.chmod(directory, 0o500);
    const args = ["serve", "--state", `${directory}/state.db`];
    const result = await run(program, sandbox, { args });
    assertEquals(result.code, 1);
    assertStringIncludes(result.stderr, `cannot use the state file ${directory}/state.db`);
    assertStringIncludes(result.stderr, "choose another file with --state FILE");
    assertEquals([...Deno.readDirSync(sandbox.path("run/sessionctl"))], []);
  },
});

Deno.test({
  ...asRoot,
  name: "on a full disk a registration gets 507, and no acknowledged session is lost",
  async fn(test) {
    await using sandbox = await makeSandbox();
    const disk = sandbox.path("disk");
    const state = `${disk}/state.db`;
    const mounted = await mountSmall(sandbox, disk, 1024 * 1024);
    await test.step({
      name: "on a file system of 1 MiB (needs permission to mount it)",
      ignore: !mounted,
      async fn() {
        const server = await startServer(sandbox, { state });
        const acknowledged: string[] = [];
        let status = 200;
        for (let number = 0; status === 200 && number < 500; number++) {
          const folder = `/${"long".repeat(1000)}`;
          const answer = await register(server.socket, `/${number}.sock`, folder);
          status = answer.status;
          if (status === 200) acknowledged.push(`/${number}.sock`);
          else assertStringIncludes(answer.text(), "full");
        }
        assertEquals(status, 507);
        assert(acknowledged.length > 10);
        const known = async (socket: string) =>
          (await sessionsOf(socket)).map(({ socketPath }) => socketPath).reverse();
        assertEquals(await known(server.socket), acknowledged);
        await server.stop("SIGKILL");
        const next = await startServer(sandbox, { state });
        const back = await known(next.socket);
        tally({
          "disks filled": 1,
          "registrations acknowledged": acknowledged.length,
          "sessions lost": acknowledged.filter((path) => !back.includes(path)).length,
        });
        assertEquals(back, acknowledged);
        assertEquals(await next.stop(), 0);
      },
    });
  },
});

Deno.test("a state file with any wrong bytes opens or is moved aside, never fatal (fuzz)", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("state.db");
  await makeState(state, 200);
  const sound = await Deno.readFile(state);
  const random = seeded(20_240_607);
  let moved = 0;
  for (let round = 0; round < 150; round++) {
    const damaged = sound.slice(
      0,
      random() < 0.3 ? Math.floor(random() * sound.length) : undefined,
    );
    const changes = damaged.length === 0 ? 0 : Math.floor(random() * 8);
    // The header matters most, so every other change hits it.
    for (let change = 0; change < changes; change++) {
      const at = Math.floor(
        random() * (random() < 0.5 ? Math.min(100, damaged.length) : damaged.length),
      );
      damaged[at] = Math.floor(random() * 256);
    }
    await Deno.writeFile(state, damaged);
    for (const suffix of ["-wal", "-shm"]) await Deno.remove(state + suffix).catch(() => {});
    try {
      const store = SessionStore.open(state);
      if (store.damaged) moved++;
      for (const { socketPath } of store.load()) assertEquals(typeof socketPath, "string");
      store.close();
    } catch (error) {
      // Some damage makes the file look like another program's or a newer one; then it is left
      // alone.
      assert(error instanceof SessionctlError, String(error));
      assert(/another program's|newer sessionctl/.test(error.message), error.message);
    }
  }
  assert(moved > 20, `${moved} were moved aside`);
});
