/** Damage to the state file and its write-ahead log: no session is lost silently. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { toSession } from "../../src/registry/session.ts";
import { SessionStore } from "../../src/registry/store/store.ts";
import {
  compiled,
  makeSandbox,
  run,
  type Sandbox,
  seeded,
  startEditor,
  until,
} from "../support/mod.ts";
import { healthOf, register, sessionsOf, startServer } from "./serve_support.ts";

type Random = () => number;
type Files = Map<string, Uint8Array>;

const SUFFIXES = ["", "-wal", ".tally"];

function readFiles(path: string): Files {
  const files: Files = new Map();
  for (const suffix of SUFFIXES) {
    try {
      files.set(suffix, Deno.readFileSync(path + suffix));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return files;
}

/**
 * The remains of a killed registry: its files, an earlier copy of them, and the acknowledged
 * sessions.
 */
interface Crash {
  readonly files: Files;
  readonly older: Files;
  readonly acknowledged: ReadonlyMap<string, string>;
}

async function crash(path: string, random: Random): Promise<Crash> {
  const store = SessionStore.open(path);
  const acknowledged = new Map<string, string>();
  const batches = 2 + Math.floor(random() * 40);
  const takeOlderAt = Math.floor(random() * batches);
  let older: Files = new Map();
  for (let batch = 0; batch < batches; batch++) {
    // Long names fill the log, so that part of it is already in the state file.
    const name = "x".repeat(random() < 0.3 ? 60_000 * random() : 100 * random());
    const changes = Array.from({ length: 1 + Math.floor(random() * 8) }, async () => {
      const socketPath = `/${Math.floor(random() * 60)}.sock`;
      if (random() < 0.25) {
        acknowledged.delete(socketPath);
        return await store.remove(socketPath);
      }
      const session = toSession({ socketPath, name }, batch);
      acknowledged.set(socketPath, JSON.stringify(session));
      return await store.put(session);
    });
    await Promise.all(changes);
    if (batch === takeOlderAt) older = readFiles(path);
  }
  const files = readFiles(path);
  store.close();
  return { files, older, acknowledged };
}

const at = (bytes: Uint8Array, random: Random) => Math.floor(random() * bytes.length);

const damages: Record<string, (crash: Crash, random: Random) => void> = {
  "the log overwritten": ({ files }, random) => {
    const log = files.get("-wal")!;
    for (let times = 1 + random() * 8; times > 0; times--) log[at(log, random)]! ^= 0x55;
  },
  "the log truncated": ({ files }, random) => {
    const log = files.get("-wal")!;
    files.set("-wal", log.slice(0, at(log, random)));
  },
  "a part of the log zeroed": ({ files }, random) => {
    const log = files.get("-wal")!;
    const start = at(log, random);
    log.fill(0, start, start + 1 + Math.floor(random() * 20_000));
  },
  "the log removed": ({ files }) => void files.delete("-wal"),
  "the log swapped with an older one": ({ files, older }) =>
    void files.set("-wal", older.get("-wal")!),
  "the state file removed": ({ files }) => void files.delete(""),
  "the state file and its log removed": ({ files }) => {
    files.delete("");
    files.delete("-wal");
  },
  "the state file swapped with an older one": ({ files, older }) =>
    void files.set("", older.get("")!),
  "both swapped with older ones": ({ files, older }) => {
    files.set("", older.get("")!);
    files.set("-wal", older.get("-wal")!);
  },
  "the state file truncated": ({ files }, random) => {
    const state = files.get("")!;
    files.set("", state.slice(0, at(state, random)));
  },
};

async function place(sandbox: Sandbox, files: Files, number: number): Promise<string> {
  const directory = sandbox.path(`after-${number}`);
  await Deno.mkdir(directory, { mode: 0o700 });
  for (const [suffix, bytes] of files) Deno.writeFileSync(`${directory}/state.db${suffix}`, bytes);
  return `${directory}/state.db`;
}

Deno.test("no session is lost silently in 300 damaged logs and state files", async () => {
  await using sandbox = await makeSandbox();
  const random = seeded(20_261_128);
  const kinds = Object.entries(damages);
  let losses = 0;
  for (let round = 0; round < 300; round++) {
    const [kind, damage] = kinds[round % kinds.length]!;
    const crashed = await crash(sandbox.path(`state-${round}.db`), random);
    damage(crashed, random);
    const store = SessionStore.open(await place(sandbox, crashed.files, round));
    const found = new Map(
      store.load().map((session) => [
        session.socketPath,
        JSON.stringify(session),
      ]),
    );
    const lost = [...crashed.acknowledged].filter(([socket, text]) => found.get(socket) !== text);
    const isSame = lost.length === 0 && found.size === crashed.acknowledged.size;
    const told = store.loss !== undefined || store.damaged !== undefined;
    assert(isSame || told, `round ${round}: ${kind}: ${lost.length} lost silently`);
    const most = store.loss?.sessions ?? 0;
    assert(lost.length <= most, `round ${round}: ${kind}: ${lost.length} lost, ${most} told`);
    if (lost.length > 0) losses++;
    // The next write continues from there and clears the loss.
    await store.put(toSession({ socketPath: "/after.sock" }, 0));
    store.close();
    const next = SessionStore.open(`${sandbox.path(`after-${round}`)}/state.db`);
    assertEquals([next.loss, next.damaged], [undefined, undefined], `round ${round}: ${kind}`);
    next.close();
  }
  assert(losses > 100, `only ${losses} rounds lost anything`);
});

Deno.test("the state of a killed registry is complete, whenever it is killed", async () => {
  await using sandbox = await makeSandbox();
  const random = seeded(7);
  for (let round = 0; round < 20; round++) {
    const { files, acknowledged } = await crash(sandbox.path(`state-${round}.db`), random);
    const store = SessionStore.open(await place(sandbox, files, round));
    assertEquals([store.loss, store.damaged], [undefined, undefined]);
    assertEquals(store.load().length, acknowledged.size);
    store.close();
  }
});

for (const [what, removed] of [["its log", ["-wal"]], ["its state file", ["", "-wal"]]] as const) {
  Deno.test(`a killed registry that lost ${what} reports how many sessions may be missing`, async () => {
    await using sandbox = await makeSandbox();
    const state = sandbox.path("state.db");
    const first = await startServer(sandbox);
    for (const name of ["a", "b", "c"]) await register(first.socket, `/${name}.sock`, "/work");
    await first.stop("SIGKILL");
    for (const suffix of removed) await Deno.remove(state + suffix);
    const second = await startServer(sandbox);
    assertStringIncludes(second.said(), "lost its last 3 changes: up to 3 sessions may be missing");
    const { loss } = await healthOf(second.socket);
    assertEquals([loss?.changes, loss?.sessions], [3, 3]);
    const status = await run(compiled, sandbox, { args: ["status"] });
    assertStringIncludes(status.stdout, "up to 3 sessions; its last 3 changes were lost");
    const json = await run(compiled, sandbox, { args: ["status", "--json"] });
    assertEquals(JSON.parse(json.stdout).loss.sessions, 3);
    await register(second.socket, "/d.sock", "/work");
    await second.stop();
    const third = await startServer(sandbox);
    assertEquals((await healthOf(third.socket)).loss, null);
    // Windows of other users on this machine may have been found.
    const sockets = (await sessionsOf(third.socket)).map(({ socketPath }) => socketPath);
    assertEquals(sockets.filter((path) => /^\/[a-d]\.sock$/.test(path)), ["/d.sock"]);
  });
}

for (const how of ["missing", "damaged"] as const) {
  Deno.test(`without the log and with a tally that is ${how}, the loss is reported as unknown`, async () => {
    await using sandbox = await makeSandbox();
    const tally = `${sandbox.path("state.db")}.tally`;
    const socketPath = sandbox.path("run/vscode-ipc-alive.sock");
    await startEditor(sandbox, { socketPath });
    const first = await startServer(sandbox);
    await register(first.socket, socketPath, "/work");
    await first.stop("SIGKILL");
    await Deno.remove(sandbox.path("state.db-wal"));
    if (how === "missing") await Deno.remove(tally);
    else await Deno.writeTextFile(tally, "x".repeat(128));
    const second = await startServer(sandbox);
    assertStringIncludes(second.said(), "sessions may be missing");
    await until("the window is found", () => second.said().includes("without a session"));
    const { loss } = await healthOf(second.socket);
    assertEquals([loss?.changes, loss?.sessions], [null, null]);
    const { stdout } = await run(compiled, sandbox, { args: ["status"] });
    assertStringIncludes(stdout, "missing     unknown; ");
    const sockets = (await sessionsOf(second.socket)).map(({ socketPath }) => socketPath);
    assertEquals(sockets.includes(socketPath), true);
    await second.stop();
    const third = await startServer(sandbox);
    assertEquals((await healthOf(third.socket)).loss, null);
  });
}

Deno.test("after a loss, every live window is found and registered again", async () => {
  await using sandbox = await makeSandbox();
  const socketPath = sandbox.path("run/vscode-ipc-alive.sock");
  const editor = await startEditor(sandbox, { socketPath });
  const first = await startServer(sandbox);
  await register(first.socket, editor.socketPath, "/work");
  await register(first.socket, "/gone.sock", "/work");
  await first.stop("SIGKILL");
  await Deno.remove(sandbox.path("state.db-wal"));
  const second = await startServer(sandbox);
  await until("the window is found", () => second.said().includes("without a session"));
  const sessions = await sessionsOf(second.socket);
  const found = sessions.find(({ socketPath }) => socketPath === editor.socketPath);
  assertEquals(found?.source, "discovered");
  assertEquals(sessions.some(({ socketPath }) => socketPath === "/gone.sock"), false);
  assert((await healthOf(second.socket)).loss!.recovered > 0);
});

Deno.test("prune without a server reports the losses of its state file", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("home/.local/state/sessionctl/registry.db");
  const server = await startServer(sandbox, { state });
  await register(server.socket, "/a.sock", "/work");
  await server.stop("SIGKILL");
  await Deno.remove(`${state}-wal`);
  const result = await run(compiled, sandbox, { args: ["prune"] });
  assertStringIncludes(result.stderr, "up to 1 session may be missing");
});

for (const suffix of ["", "-wal"]) {
  const what = suffix === "" ? "state file" : "log of the state file";
  Deno.test(`the ${what} of a running registry is restored with the next write after its removal`, async () => {
    await using sandbox = await makeSandbox();
    const state = sandbox.path("state.db");
    const first = await startServer(sandbox);
    await register(first.socket, "/before.sock", "/work");
    await Deno.remove(state + suffix);
    assertEquals((await register(first.socket, "/after.sock", "/work")).status, 200);
    assertStringIncludes(first.said(), `restored the state file ${state} with all sessions`);
    await first.stop("SIGKILL");
    const second = await startServer(sandbox);
    const sockets = (await sessionsOf(second.socket)).map(({ socketPath }) => socketPath);
    assertEquals(sockets.sort(), ["/after.sock", "/before.sock"]);
    assertEquals((await healthOf(second.socket)).loss, null);
  });
}

Deno.test("a file that replaced the state file of a running registry is moved aside", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("state.db");
  const server = await startServer(sandbox);
  await register(server.socket, "/before.sock", "/work");
  await Deno.writeTextFile(sandbox.path("theirs"), "precious");
  await Deno.rename(sandbox.path("theirs"), state);
  assertEquals((await register(server.socket, "/after.sock", "/work")).status, 200);
  const [, aside] = /the replaced file is now (\S+)/.exec(server.said())!;
  assertEquals(await Deno.readTextFile(aside!), "precious");
  assertEquals(await server.stop(), 0);
  const next = await startServer(sandbox);
  assertEquals((await sessionsOf(next.socket)).length, 2);
});
