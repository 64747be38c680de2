/** Programs under a guard, when the guard does not do what it is for. */
import { assertEquals, assertRejects } from "@std/assert";
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

/** Launches with a guard that fails in this way; `pid` gives its pid once it has been asked. */
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

// The test runner reports a time limit that is left behind.
Deno.test("a program under a guard is killed with its guard", onLinux, async () => {
  await using sandbox = await makeSandbox();
  const launched = await launchGuarded(
    { command: "/bin/sleep", args: ["600"], guard: true, env: sandbox.env },
    contextOf(compiled, 60_000),
  );
  assertEquals(isRunning(launched.pid), true);
  launched.kill();
  assertEquals(await launched.ended, { code: 137, signal: "SIGKILL" });
  await until("it is gone", () => !isRunning(launched.pid));
});
