/** The order of the windows that do not hold the file, or that hold it equally well. */
import { assertEquals } from "@std/assert";
import {
  alone,
  compiled,
  run,
  startEditor,
  startRegistry,
  startWindowProcess,
} from "../support/mod.ts";
import { system } from "../../src/platform/mod.ts";
import { addressOf, Router } from "../../src/routing/mod.ts";
import { asRoot, unusedUid } from "../registry/serve_support.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { makeFolders, openWith } from "./folders.ts";

const open = openWith(alone(compiled));

Deno.test(
  "a file that no window holds goes to a registered window, and without one to code-server's latest",
  {
    ignore: Deno.build.os !== "linux",
  },
  async () => {
    await using sandbox = await makeFolders();
    const start = (name: string) => startEditor(sandbox, { socketPath: sandbox.path("run", name) });
    const [latest, recent] = [await start("vscode-ipc-1.sock"), await start("vscode-ipc-2.sock")];
    const registered = await startEditor(sandbox);
    const folder = sandbox.path("two");
    startRegistry(sandbox, [{ socketPath: registered.socketPath, folder }]);
    startRegistry(
      sandbox,
      [{ socketPath: latest.socketPath, folder }],
      sandbox.path("home/.local/share/code-server/code-server-ipc.sock"),
    );
    // Its processes show that code-server's latest window does not hold the file.
    await startWindowProcess(sandbox, folder, { VSCODE_IPC_HOOK_CLI: latest.socketPath });
    await Deno.utime(recent.socketPath, 1000, Date.now() / 1000 + 1_000_000);
    const openElsewhere = async () => {
      const args = ["open", sandbox.path("one/f")];
      const { code, stderr } = await run(compiled, sandbox, { args, cwd: sandbox.path("home") });
      assertEquals(code, 0, stderr);
      return [registered, latest, recent].map(({ messages }) => messages.length);
    };
    assertEquals(await openElsewhere(), [1, 0, 0]);
    await registered.die();
    assertEquals(await openElsewhere(), [1, 1, 0]);
  },
);

Deno.test("a file that no window holds goes to the next registered window if the most recent one has died", async () => {
  await using sandbox = await makeFolders();
  const [recent, next] = [await startEditor(sandbox), await startEditor(sandbox)];
  const folder = sandbox.path("two");
  startRegistry(sandbox, [recent, next].map(({ socketPath }) => ({ socketPath, folder })));
  await recent.die();
  assertEquals((await open(sandbox, ["one/f"])).code, 0);
  assertEquals(next.messages.length, 1);
});

Deno.test("a file that no window holds goes to an editor socket, and without one to a desktop editor", async () => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-1.sock") });
  const desktop = await startDesktop(sandbox, { windows: [{}] });
  assertEquals((await open(sandbox, ["one/f"])).code, 0);
  assertEquals([editor.messages.length, desktop.starts.length], [1, 0]);
  await editor.die();
  assertEquals((await open(sandbox, ["one/f"])).code, 0);
  assertEquals([editor.messages.length, desktop.starts.length], [1, 1]);
});

Deno.test(
  "an editor socket whose processes work above the file takes precedence over a desktop window",
  {
    ignore: Deno.build.os !== "linux",
  },
  async () => {
    await using sandbox = await makeFolders();
    const editor = await startEditor(sandbox, {
      socketPath: sandbox.path("run/vscode-ipc-1.sock"),
    });
    const desktop = await startDesktop(sandbox, {
      windows: [{ folders: [`file://${sandbox.path("one")}`] }],
    });
    await startWindowProcess(sandbox, sandbox.path("one"), {
      VSCODE_IPC_HOOK_CLI: editor.socketPath,
    });
    assertEquals((await run(compiled, sandbox, { args: ["open", "one/f"] })).code, 0);
    assertEquals([editor.messages.length, desktop.starts.length], [1, 0]);
  },
);

Deno.test("of two desktop editors, the one whose window has the deeper folder is used", async () => {
  await using sandbox = await makeFolders();
  const windowOf = (folder: string) => [{ folders: [`file://${sandbox.path(folder)}`] }];
  const inner = await startDesktop(sandbox, { windows: windowOf("one/deep") });
  const outer = await startDesktop(sandbox, { dataName: "Cursor", windows: windowOf("one") });
  // The outer one was started last.
  await Deno.utime(inner.socketPath, 1, 1);
  assertEquals((await open(sandbox, ["one/deep/f"])).code, 0);
  assertEquals([inner.starts.length, outer.starts.length], [1, 0]);
});

Deno.test({
  ...asRoot,
  name: "of two users' registries, the one whose window has the deeper folder is used",
  async fn() {
    await using sandbox = await makeFolders();
    const [ours, theirs] = [await startEditor(sandbox), await startEditor(sandbox)];
    const uid = unusedUid();
    const directory = `/tmp/sessionctl-${uid}`;
    sandbox.defer(() => Deno.remove(directory, { recursive: true }));
    startRegistry(sandbox, [{ socketPath: ours.socketPath, folder: sandbox.path("one") }]);
    const inner = { socketPath: theirs.socketPath, folder: sandbox.path("one/deep") };
    const { socketPath } = startRegistry(sandbox, [inner], `${directory}/registry.sock`);
    for (const path of [directory, socketPath]) await Deno.chown(path, uid, uid);
    assertEquals((await open(sandbox, ["--allow-owner", String(uid), "one/deep/f"])).code, 0);
    assertEquals([ours.messages.length, theirs.messages.length], [0, 1]);
  },
});

Deno.test("a desktop editor that did not take a message is not found again", async () => {
  await using sandbox = await makeFolders();
  const windows = [{ folders: [`file://${sandbox.path("one")}`] }];
  const { socketPath } = await startDesktop(sandbox, { windows });
  const context = { ...system, env: (name: string) => sandbox.env[name] };
  const router = new Router({ context, strict: true, registrySocket: sandbox.path("none.sock") });
  const found = await router.find([sandbox.path("one/f")]);
  assertEquals(found && addressOf(found), socketPath);
  router.markFailed(socketPath, new Error("gone"));
  assertEquals(await router.find([sandbox.path("one/f")]), undefined);
});
