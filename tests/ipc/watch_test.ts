import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  compiled,
  makeSandbox,
  type Program,
  run,
  type Sandbox,
  spawn,
  testProgram,
  until,
} from "../support/mod.ts";
import { connectChannels, registryChannel } from "../../src/ipc/mod.ts";
import { ask } from "../registry/serve_support.ts";
import { hubOf, serve } from "./cli_support.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

function watch(program: Program, sandbox: Sandbox, ...args: string[]) {
  return spawn(sandbox, program.command, [...program.args, "watch", ...args]);
}

async function add(
  sandbox: Sandbox,
  name: string,
  folder: string,
): Promise<void> {
  const entry = { socketPath: `/tmp/${name}.sock`, workspace: { folders: [folder] } };
  const { code, stderr } = await run(shared, sandbox, {
    args: ["call", "registry", "add", JSON.stringify([entry])],
  });
  assertEquals(code, 0, stderr);
}

const remove = (sandbox: Sandbox, name: string) =>
  run(shared, sandbox, { args: ["call", "registry", "remove", `["/tmp/${name}.sock"]`] });

testProgram("watch prints the present sessions, then those added and removed", async (program) => {
  await using sandbox = await makeSandbox();
  await serve(program, sandbox);
  await add(sandbox, "a", "/home/ann/a");
  const all = watch(program, sandbox, "--json");
  const text = watch(program, sandbox);
  const mine = watch(program, sandbox, "--folder", "/home/ann/b");
  await until("both have begun", () => all.lines.length === 1 && text.lines.length === 1);
  await add(sandbox, "b", "/home/ann/b/inner");
  await remove(sandbox, "a");
  await until("they have heard", () => all.lines.length === 3 && text.lines.length === 3);
  const changes = all.lines.map((line) => JSON.parse(line));
  assertEquals(changes.map(({ type, session }) => [type, session.socketPath]), [
    ["present", "/tmp/a.sock"],
    ["added", "/tmp/b.sock"],
    ["removed", "/tmp/a.sock"],
  ]);
  assertEquals(text.lines[1], "added    /home/ann/b/inner  /tmp/b.sock");
  await until("the filtered one has heard", () => mine.lines.length === 1);
  assertStringIncludes(mine.lines[0]!, "/tmp/b.sock");
});

testProgram(
  "watch survives a restart of the server, and prints what changed meanwhile",
  async (program) => {
    await using sandbox = await makeSandbox();
    const first = await serve(program, sandbox);
    await add(sandbox, "stays", "/home/ann/stays");
    await add(sandbox, "goes", "/home/ann/goes");
    const watcher = watch(program, sandbox, "--json");
    await until("it has begun", () => watcher.lines.length === 2);
    await first.stop();
    await until("it has noticed", () => watcher.errors.some((line) => line.includes("is gone")));

    // Another registry with the same state, in which one session is removed and one added.
    const state = sandbox.path("registry.db");
    const elsewhere = sandbox.path("run", "elsewhere.sock");
    const second = spawn(sandbox, program.command, [
      ...program.args,
      ...["serve", "--socket", elsewhere, "--state", state, "--prune-interval", "never"],
    ]);
    await until("the other listens", () => second.lines.length > 0);
    const other = { ...sandbox, env: { ...sandbox.env, SESSIONCTL_SOCKET: elsewhere } };
    await add(other, "comes", "/home/ann/comes");
    await remove(other, "goes");
    await second.stop();

    await serve(program, sandbox);
    await until("it has heard", () => watcher.lines.length === 4);
    const changes = watcher.lines.slice(2).map((line) => JSON.parse(line));
    assertEquals(changes.map(({ type, session }) => [type, session.socketPath]), [
      ["removed", "/tmp/goes.sock"],
      ["added", "/tmp/comes.sock"],
    ]);
  },
);

testProgram("watch prints which window gains the focus and which loses it", async (program) => {
  await using sandbox = await makeSandbox();
  const server = await serve(program, sandbox);
  for (const name of ["a", "b"]) await add(sandbox, name, `/home/ann/${name}`);
  const watcher = watch(program, sandbox);
  const json = watch(program, sandbox, "--json");
  const ofA = watch(program, sandbox, "--folder", "/home/ann/a");
  await until("both have begun", () => watcher.lines.length === 2 && json.lines.length === 2);
  await until("the filtered one has begun", () => ofA.lines.length === 1);
  const socket = sandbox.path("run/sessionctl/registry.sock");
  const focus = (name: string) =>
    ask(socket, "/v1/focus", { socketPath: `/tmp/${name}.sock`, focused: true });
  await focus("a");
  await focus("b");
  await until("they have heard", () => watcher.lines.length === 5 && json.lines.length === 5);
  assertEquals(watcher.lines.slice(2), [
    "focused  /home/ann/a  /tmp/a.sock",
    "blurred  /home/ann/a  /tmp/a.sock",
    "focused  /home/ann/b  /tmp/b.sock",
  ]);
  const changes = json.lines.slice(2).map((line) => JSON.parse(line));
  assertEquals(changes.map(({ type, session }) => [type, session.socketPath, session.focused]), [
    ["focused", "/tmp/a.sock", true],
    ["focused", "/tmp/a.sock", false],
    ["focused", "/tmp/b.sock", true],
  ]);
  await until("the filtered one has heard", () => ofA.lines.length === 3);
  assertEquals(ofA.lines.slice(1).map((line) => line.slice(0, 7)), ["focused", "blurred"]);
  // Changes during the registry's absence are printed when it is back.
  await server.stop("SIGKILL");
  await serve(program, sandbox);
  await focus("a");
  await until(
    "they have heard that",
    () => watcher.lines.slice(5).includes("focused  /home/ann/a  /tmp/a.sock"),
  );
});

testProgram("watch exits 3 if there is no registry at first", async (program) => {
  await using sandbox = await makeSandbox();
  const { code, stdout, stderr } = await run(program, sandbox, { args: ["watch"] });
  assertEquals([code, stdout], [3, ""]);
  assertStringIncludes(stderr, "no registry is running");
});

Deno.test("watch --session accepts the whole path of a session that does not exist yet", async () => {
  await using sandbox = await makeSandbox();
  await serve(compiled, sandbox);
  await add(sandbox, "other", "/home/ann");
  const watcher = watch(compiled, sandbox, "--json", "--session", "/tmp/x/../later.sock");
  const part = await run(compiled, sandbox, { args: ["watch", "--session", "later"] });
  assertEquals(part.code, 1);
  // Whether it subscribes before or after the registration, it prints the session.
  await add(sandbox, "later", "/home/ann");
  await until("it has heard", () => watcher.lines.length > 0 || watcher.errors.length > 0);
  assertEquals(watcher.errors, []);
  assertEquals(JSON.parse(watcher.lines[0]!).session.socketPath, "/tmp/later.sock");
});

testProgram(
  "a watch that was stopped for a while still prints every session once",
  async (program) => {
    await using sandbox = await makeSandbox();
    await serve(program, sandbox);
    const watcher = watch(program, sandbox, "--json");
    await add(sandbox, "first", "/home/ann");
    await until("it has begun", () => watcher.lines.length === 1);
    Deno.kill(watcher.child.pid, "SIGSTOP");
    // More than the pipes and the hub buffer for it.
    const SESSIONS = 3000;
    const hub = await connectChannels(hubOf(sandbox), "test");
    sandbox.defer(() => hub.dispose());
    const registry = registryChannel.client(hub);
    const filler = "x".repeat(1000);
    await Promise.all(
      Array.from(
        { length: SESSIONS },
        (_, i) =>
          registry.add({
            socketPath: `/tmp/${i}.sock`,
            workspace: { folders: ["/home/ann"] },
            filler,
          }),
      ),
    );
    Deno.kill(watcher.child.pid, "SIGCONT");
    await until("it has caught up", () => watcher.lines.length === SESSIONS + 1);
    const sockets = watcher.lines.map((line) => JSON.parse(line).session.socketPath);
    assertEquals(new Set(sockets).size, SESSIONS + 1);
  },
);

Deno.test("commands that follow events report a full disk and end", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeSandbox();
  await serve(compiled, sandbox);
  await add(sandbox, "a", "/home/ann/a");
  const script = 'exec "$0" "$@" >/dev/full';
  const snapshot = '{"snapshot":true}';
  for (
    const args of [
      ["watch"],
      ["call", "registry", "--listen", "onDidChangeSessions", `[${snapshot}]`],
    ]
  ) {
    const follower = spawn(sandbox, "sh", ["-c", script, compiled.command, ...args]);
    assertEquals(await follower.ended, 1);
    assertEquals(follower.errors.length, 1, follower.errors.join("\n"));
    assertStringIncludes(follower.errors[0]!, "sessionctl: cannot write to stdout: ");
  }
});
