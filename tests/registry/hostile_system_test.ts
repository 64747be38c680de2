/** Full disks, read-only directories and changes of the clock. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  compiled,
  makeSandbox,
  run,
  type Sandbox,
  spawn,
  startEditor,
  until,
} from "../support/mod.ts";
import {
  asRoot,
  defaultSocket,
  healthOf,
  mountSmall,
  register,
  sessionsOf,
  startServer,
} from "./serve_support.ts";

/** Fills a file system. */
function fill(directory: string): void {
  const file = Deno.openSync(`${directory}/filler`, { write: true, create: true });
  const block = new Uint8Array(4096);
  try {
    for (;;) file.writeSync(block);
  } catch {
    /* it is full */
  } finally {
    file.close();
  }
}

/** A test with a file system of its own at `path` in the sandbox. */
function testOn(
  name: string,
  path: string,
  body: (sandbox: Sandbox, directory: string) => Promise<void>,
): void {
  Deno.test({
    ...asRoot,
    name,
    async fn(test) {
      await using sandbox = await makeSandbox();
      const directory = sandbox.path(path);
      await Deno.remove(directory, { recursive: true }).catch(() => {});
      await Deno.mkdir(sandbox.path(path, ".."), { recursive: true, mode: 0o700 });
      const mounted = await mountSmall(sandbox, directory, 256 * 1024);
      await test.step({
        name: "on a small file system (needs permission to mount it)",
        ignore: !mounted,
        fn: () => body(sandbox, directory),
      });
    },
  });
}

testOn(
  "a registry whose log is on a full disk keeps serving, and ends as usual",
  "home/.local/state",
  async (sandbox, directory) => {
    const sessionctl = (...args: string[]) => run(compiled, sandbox, { args });
    const started = await sessionctl("serve", "--detach", "--no-state", "--verbose");
    assertEquals(started.code, 0, started.stderr);
    fill(directory);
    for (let number = 0; number < 200; number++) {
      const answer = await register(defaultSocket(sandbox), `/${number}.sock`, "/work");
      assertEquals(answer.status, 200);
    }
    assertEquals((await sessionsOf(defaultSocket(sandbox))).length, 200);
    assertEquals((await sessionctl("stop")).code, 0);
  },
);

testOn(
  "with a full temporary directory, a registry starts, and open - says what to do",
  "tmp",
  async (sandbox, directory) => {
    fill(directory);
    const sessionctl = (...args: string[]) => run(compiled, sandbox, { args, stdin: "text" });
    const started = await sessionctl("serve", "--detach", "--no-state");
    assertEquals(started.code, 0, started.stderr);
    const editor = await startEditor(sandbox);
    await register(defaultSocket(sandbox), editor.socketPath, sandbox.directory);
    const opened = await sessionctl("open", "-");
    assertEquals(opened.code, 1);
    assertMatch(opened.stderr, /^sessionctl: cannot .*: No space left on device/);
    assertStringIncludes(opened.stderr, "set TMPDIR to a writable directory");
    assertEquals(opened.stderr.includes("Uncaught"), false);
    assertEquals((await sessionctl("stop")).code, 0);
  },
);

testOn(
  "a state file in a directory that became read-only is refused with the reason",
  "disk",
  async (sandbox, directory) => {
    const state = `${directory}/state.db`;
    const first = await startServer(sandbox, { state });
    await register(first.socket, "/a.sock", "/work");
    await first.stop("SIGKILL");
    const remount = (mode: string) =>
      new Deno.Command("mount", { args: ["-o", `remount,${mode}`, directory] }).output();
    assert((await remount("ro")).success);
    const refused = await run(compiled, sandbox, { args: ["serve", "--state", state] });
    assertEquals(refused.code, 1);
    assertMatch(refused.stderr, /cannot use the state file .*: Read-only file system/);
    assertStringIncludes(refused.stderr, "choose another file with --state FILE");
    assert((await remount("rw")).success);
    const second = await startServer(sandbox, { state });
    assertEquals((await sessionsOf(second.socket)).length, 1);
    assertEquals((await healthOf(second.socket)).loss, null);
  },
);

const FAKE_CLOCK = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

Deno.test({
  name:
    "a clock that is set ten years back or ahead affects neither pruning nor the measured uptime",
  ignore: !await isFile(FAKE_CLOCK),
  async fn() {
    await using sandbox = await makeSandbox();
    const clock = sandbox.path("clock");
    await Deno.writeTextFile(clock, "+0");
    const env = {
      ...sandbox.env,
      LD_PRELOAD: FAKE_CLOCK,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
    const args = ["serve", "--no-state", "--prune-interval", "100ms"];
    const server = spawn({ ...sandbox, env }, compiled.command, args);
    await until("it listens", () => server.lines.length > 0);
    const socket = defaultSocket(sandbox);
    for (const jump of ["-3650d", "+3650d", "+0"]) {
      const before = await healthOf(socket);
      await Deno.writeTextFile(clock, jump);
      await until("its clock has jumped", async () => {
        const { lastHeartbeat } = await healthOf(socket);
        return Math.abs(lastHeartbeat - before.lastHeartbeat) > 86_400_000;
      });
      assertEquals((await register(socket, "/dead.sock")).status, 200);
      await until(
        "the dead session is pruned",
        async () => (await sessionsOf(socket)).length === 0,
      );
      const { upMs } = await healthOf(socket);
      assert(upMs >= before.upMs && upMs < 600_000, `${upMs} ms`);
    }
    assertEquals(await server.stop(), 0);
  },
});
