/** A window with the companion, made with this library: how `call` and other windows reach it. */
import { assertEquals } from "@std/assert";
import { connectChannels, Emitter, routedChannel } from "../../src/ipc/mod.ts";
import { makeSandbox, run, spawn, testProgram, until } from "../support/mod.ts";
import { startCompanionWindow } from "../support/companion_window.ts";
import { startServer } from "../registry/serve_support.ts";
import { hubOf, serve } from "./cli_support.ts";

testProgram(
  "call asks a window for its state and follows its events through the hub",
  async (program) => {
    await using sandbox = await makeSandbox();
    await serve(program, sandbox);
    const registry = sandbox.path("run/sessionctl/registry.sock");
    const socketPath = sandbox.path("vscode-ipc-window.sock");
    const window = await startCompanionWindow(sandbox, registry, { socketPath });
    window.state = { activeEditor: { uri: "file:///w/a.ts", path: "/w/a.ts" } };
    const args = ["call", "--session", "ipc-window", "window"];
    const state = await run(program, sandbox, { args: [...args, "state"] });
    assertEquals(JSON.parse(state.stdout), window.state);
    const listening = spawn(sandbox, program.command, [
      ...program.args,
      ...[...args, "--listen", "focus"],
    ]);
    await until("it listens", () => {
      window.fire("focus", { focused: true });
      return listening.lines.length > 0;
    });
    assertEquals(JSON.parse(listening.lines[0]!), { focused: true });
  },
);

Deno.test("a window's own call goes through the hub to another window and back", async () => {
  await using sandbox = await makeSandbox();
  const registry = sandbox.path("run/sessionctl/registry.sock");
  await startServer(sandbox);
  const a = await startCompanionWindow(sandbox, registry);
  const b = await startCompanionWindow(sandbox, registry);
  // The program calls a, which asks b for its state.
  a.peer.registerChannel("tools", {
    call: async () => [
      "b says",
      await a.peer.getChannel(routedChannel("window", b.socketPath)).call("state"),
    ],
    listen: () => new Emitter<unknown>().event,
  });
  using program = await connectChannels(hubOf(sandbox), "call");
  const tools = program.getChannel(routedChannel("tools", a.socketPath));
  assertEquals(await tools.call("ask"), ["b says", { activeEditor: null }]);
});
