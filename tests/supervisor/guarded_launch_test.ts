/** Programs under a guard that misbehaves. */
import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { isRunning } from "../../src/platform/mod.ts";
import { launchGuarded } from "../../src/supervisor/guarded_launch.ts";
import { compiled, makeSandbox, type Sandbox, until } from "../support/mod.ts";

const onLinux = { ignore: Deno.build.os !== "linux" };
const STUCK = join(import.meta.dirname!, "stuck_guard.ts");

function contextOf(program: { command: string; args: readonly string[] }, handshakeMs: number) {
  return {
    program,
    handshakeMs,
    onLine: () => {},
    signal: new AbortController().signal,
    onGuardLost: () => {},
    onExitRequest: () => "now" as const,
    onRelaunchRequest: () => {},
  };
}

/**
 * Launches with a guard that fails in the given way; `pid` gives its pid once the guard has its
 * order.
 */
function launchStuck(sandbox: Sandbox, way: string, handshakeMs: number) {
  const file = sandbox.path("pid");
  const args = ["run", "--quiet", "--allow-all", "--no-check", STUCK];
  const launching = launchGuarded(
    { command: way, args: [file], guard: true },
    contextOf({ command: Deno.execPath(), args }, handshakeMs),
  );
  return { launching, pid: () => Number(Deno.readTextFileSync(file)) };
}

Deno.test("a guard that never starts its program is killed at the limit", onLinux, async () => {
  await using sandbox = await makeSandbox();
  const { launching, pid } = launchStuck(sandbox, "wait", 5_000);
  await assertRejects(() => launching);
  assertEquals(isRunning(pid()), false);
});

Deno.test("a guard that fails and does not end is killed", onLinux, async () => {
  await using sandbox = await makeSandbox();
  const { launching, pid } = launchStuck(sandbox, "fail", 60_000);
  await assertRejects(() => launching, Error, "it failed");
  assertEquals(isRunning(pid()), false);
});

Deno.test("a guard that does not end its program is killed", onLinux, async () => {
  await using sandbox = await makeSandbox();
  const { launching, pid } = launchStuck(sandbox, "ignore", 60_000);
  const launched = await launching;
  launched.kill();
  await launched.ended;
  assertEquals(isRunning(pid()), false);
});

Deno.test(
  "a program outlives the time limit of its start, and is killed together with its guard",
  onLinux,
  async () => {
    await using sandbox = await makeSandbox();
    const START_MS = 5_000;
    const launched = await launchGuarded(
      { command: "/bin/sleep", args: ["600"], guard: true, env: sandbox.env },
      contextOf(compiled, START_MS),
    );
    await delay(START_MS + 200);
    assertEquals(isRunning(launched.pid), true);
    launched.kill();
    assertEquals(await launched.ended, { code: 137, signal: "SIGKILL" });
    await until("it is gone", () => !isRunning(launched.pid));
  },
);

for (const clearEnv of [true, false]) {
  const name = `a program under a guard has ${
    clearEnv ? "only its own variables" : "ours in addition to its own"
  }`;
  Deno.test(name, onLinux, async () => {
    await using sandbox = await makeSandbox();
    const file = sandbox.path("env");
    const script = `env > ${file}`;
    const env = { OWN: "1" };
    const launched = await launchGuarded(
      { command: "/bin/sh", args: ["-c", script], guard: true, env, clearEnv },
      contextOf(compiled, 60_000),
    );
    assertEquals(await launched.ended, { code: 0, signal: null });
    const names = Deno.readTextFileSync(file).split("\n").map((line) => line.replace(/=.*/, ""));
    assertEquals(["OWN", "HOME"].map((one) => names.includes(one)), [true, !clearEnv]);
  });
}
