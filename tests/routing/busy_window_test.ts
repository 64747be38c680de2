/** The right window is too busy to answer: no other window gets its file silently. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import {
  type FakeEditor,
  run,
  type Sandbox,
  startEditor,
  startRegistry,
  startWindowProcess,
} from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { makeFolders, openWith } from "./folders.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();
const open = openWith(shared);

/** The registry waits 300 ms for an answer, `open` a second. */
const ANSWER_MS = 400;

Deno.test("a window that answers later than the registry waits still gets its file", async () => {
  await using sandbox = await makeFolders();
  const server = await startServer(sandbox);
  const busy = await startEditor(sandbox, { onProbe: () => delay(ANSWER_MS) });
  const other = await startEditor(sandbox);
  await register(server.socket, busy.socketPath, sandbox.path("one"));
  await register(server.socket, other.socketPath, sandbox.path("two"));
  // The second call finds the registry convinced that the window hangs.
  for (const count of [1, 2]) {
    const { code, stderr } = await open(sandbox, ["one/f"]);
    assertEquals([code, stderr], [0, ""]);
    assertEquals([busy.messages.length, other.messages.length], [count, 0]);
  }
});

Deno.test("a busy window whose folder is deeper takes precedence over a live one", async () => {
  await using sandbox = await makeFolders();
  const [busy, other] = [await startEditor(sandbox), await startEditor(sandbox)];
  startRegistry(sandbox, [
    { socketPath: other.socketPath, folder: sandbox.path("one") },
    { socketPath: busy.socketPath, folder: sandbox.path("one/deep"), liveness: "unresponsive" },
  ]);
  assertEquals((await open(sandbox, ["one/deep/f"])).code, 0);
  assertEquals([busy.messages.length, other.messages.length], [1, 0]);
  // A window that is not better than a live one is not waited for.
  const probes = busy.probes;
  assertEquals((await open(sandbox, ["one/f"])).code, 0);
  assertEquals([busy.probes, other.messages.length], [probes, 1]);
});

Deno.test("a live window takes precedence over a busy one with the same folder", async () => {
  await using sandbox = await makeFolders();
  const [busy, live] = [await startEditor(sandbox), await startEditor(sandbox)];
  const folder = sandbox.path("one");
  startRegistry(sandbox, [
    { socketPath: busy.socketPath, folder, liveness: "unresponsive" },
    { socketPath: live.socketPath, folder },
  ]);
  assertEquals((await open(sandbox, ["one/f"])).code, 0);
  assertEquals([busy.messages.length, live.messages.length], [0, 1]);
});

/** Opens `one/f` and expects it in `other`, with this notice alone. */
async function expectNotice(
  sandbox: Sandbox,
  other: FakeEditor,
  window: string,
  env: Record<string, string> = {},
): Promise<void> {
  const { code, stderr } = await open(sandbox, ["one/f"], env);
  const line = `sessionctl: ${window} does not answer: another window is used\n`;
  assertEquals([code, stderr], [0, line]);
  assertEquals(other.messages.length, 1);
  const quiet = await open(sandbox, ["--quiet", "one/f"], env);
  assertEquals([quiet.code, quiet.stderr], [0, ""]);
}

Deno.test("open says that another window is used because the registered one does not answer", async () => {
  await using sandbox = await makeFolders();
  const hung = await startEditor(sandbox, { behaviour: "hang" });
  const other = await startEditor(sandbox);
  startRegistry(sandbox, [
    { socketPath: hung.socketPath, folder: sandbox.path("one"), liveness: "unresponsive" },
    { socketPath: other.socketPath, folder: sandbox.path("two") },
  ]);
  await expectNotice(sandbox, other, `the window that has ${sandbox.path("one")}`);
  // Files of other windows are not affected.
  const two = await open(sandbox, ["two/f"]);
  assertEquals([two.code, two.stderr], [0, ""]);
});

Deno.test("open says that another window is used because that of the hook variable does not answer", async () => {
  await using sandbox = await makeFolders();
  const hung = await startEditor(sandbox, { behaviour: "hang" });
  const other = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: other.socketPath, folder: sandbox.path("one") }]);
  const env = { VSCODE_IPC_HOOK_CLI: hung.socketPath };
  await expectNotice(sandbox, other, "the window that VSCODE_IPC_HOOK_CLI names", env);
});

Deno.test({
  name: "open says that another window is used because the discovered one does not answer",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeFolders();
    const start = (name: string, behaviour: FakeEditor["behaviour"]) =>
      startEditor(sandbox, { socketPath: sandbox.path("run", name), behaviour });
    const hung = await start("vscode-ipc-a.sock", "hang");
    const other = await start("vscode-ipc-b.sock", "normal");
    await startWindowProcess(sandbox, sandbox.path("one"), {
      VSCODE_IPC_HOOK_CLI: hung.socketPath,
    });
    await expectNotice(sandbox, other, `the window that works in ${sandbox.path("one")}`);
  },
});

Deno.test("open says that another window is used because a desktop editor does not answer", async () => {
  await using sandbox = await makeFolders();
  const desktop = await startDesktop(sandbox, {
    dataName: "Code",
    windows: [{ folders: [`file://${sandbox.path("one")}`] }],
  });
  desktop.behaviour = "hang";
  const other = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: other.socketPath, folder: sandbox.path("two") }]);
  const window = `Visual Studio Code at ${desktop.socketPath}`;
  await expectNotice(sandbox, other, window);
  assertEquals(desktop.starts, []);
});

Deno.test("without another window, the error lists the window that does not answer", async () => {
  await using sandbox = await makeFolders();
  const hung = await startEditor(sandbox, { behaviour: "hang" });
  startRegistry(sandbox, [
    { socketPath: hung.socketPath, folder: sandbox.path("one"), liveness: "unresponsive" },
  ]);
  const { code, stderr } = await run(shared, sandbox, { args: ["open", "--strict", "one/f"] });
  assertEquals(code, 1, stderr);
  assertStringIncludes(stderr, `registered ${hung.socketPath}: does not answer`);
  assertEquals(stderr.includes("another window"), false, stderr);
});
