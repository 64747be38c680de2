/** The extension's channel in Node, called through the registry's hub. */
import { assert, assertEquals } from "@std/assert";
import { compiled, run, type Sandbox, spawn, until } from "../support/mod.ts";
import { extensionSandbox, remoteWindow, startRegistry, untilSession } from "./support/mod.ts";

function call(sandbox: Sandbox, ...args: string[]) {
  return run(compiled, sandbox, { args: ["call", "--session", "vscode-ipc-1", ...args] });
}

async function registered(sandbox: Sandbox) {
  await startRegistry(sandbox);
  const host = await remoteWindow(sandbox);
  await untilSession(sandbox, "the window is registered", (session) => session !== undefined);
  await until(
    "it is connected to the hub",
    async () => {
      const { stdout } = await run(compiled, sandbox, { args: ["call", "hub", "connections"] });
      return stdout.includes("window:");
    },
    20_000,
    50,
  );
  return host;
}

Deno.test("the window's methods answer through the hub", async () => {
  await using sandbox = await extensionSandbox();
  const host = await registered(sandbox);
  const health = JSON.parse((await call(sandbox, "window", "health")).stdout);
  assertEquals([health.status, health.kind], ["ok", "code-server"]);
  const state = JSON.parse((await call(sandbox, "window", "state")).stdout);
  assertEquals(state.activeEditor, null);
  const path = sandbox.path("a.txt");
  await Deno.writeTextFile(path, "text\n");
  const reveal = await call(sandbox, "window", "reveal", JSON.stringify([{ path }]));
  assertEquals(JSON.parse(reveal.stdout).path, path, reveal.stderr);
  await host.control("page", false);
  const ghost = JSON.parse((await call(sandbox, "window", "health")).stdout);
  assertEquals(ghost, { status: "ghost", ghost: true });
});

Deno.test("a refused method and an unknown one are errors with a code", async () => {
  await using sandbox = await extensionSandbox();
  const host = await registered(sandbox);
  await host.control("trust", false);
  const refused = await call(sandbox, "window", "focus");
  assertEquals(refused.code, 1);
  assert(refused.stderr.includes("not trusted"), refused.stderr);
  const unknown = await call(sandbox, "--json", "window", "nothing");
  assertEquals(JSON.parse(unknown.stderr).error.code, "METHOD_NOT_FOUND");
});

Deno.test("the window's events come through the hub, and the hub hears when the window closes", async () => {
  await using sandbox = await extensionSandbox();
  const host = await registered(sandbox);
  const args = ["call", "--session", "vscode-ipc-1", "window", "--listen", "focus"];
  const listening = spawn(sandbox, compiled.command, args);
  let focused = true;
  await until(
    "an event has come",
    async () => {
      await host.control("focus", focused = !focused);
      return listening.lines.length > 0;
    },
    20_000,
    100,
  );
  assertEquals(typeof JSON.parse(listening.lines[0]!).focusedAt, "number");
  await host.deactivate();
  assertEquals(await listening.ended, 1);
});
