import { assertEquals } from "@std/assert";
import { discoverEditors, findEditorSockets } from "../../src/discovery/mod.ts";
import { inspectProcesses } from "../../src/discovery/processes.ts";
import { readEnvironment } from "../../src/discovery/environment.ts";
import { system, type SystemContext } from "../../src/platform/mod.ts";
import { makeSandbox, type Sandbox, startEditor, startWindowProcess } from "../support/mod.ts";

/** A machine whose only editor sockets are the sandbox's. */
function machineOf(sandbox: Sandbox): SystemContext {
  return {
    ...system,
    uid: system.uid,
    env: (name) => name === "XDG_RUNTIME_DIR" ? sandbox.path("run") : undefined,
    isDirectory: (path) => path.startsWith(sandbox.directory),
  };
}

Deno.test("editor sockets are found by their names, the most recent first", async () => {
  await using sandbox = await makeSandbox();
  const start = (name: string) => startEditor(sandbox, { socketPath: sandbox.path("run", name) });
  const [older, recent] = [await start("vscode-ipc-a.sock"), await start("vscode-ipc-b.sock")];
  await start("vscode-git-c.sock");
  await Deno.writeTextFile(sandbox.path("run/vscode-ipc-file.sock"), "");
  await Deno.utime(older.socketPath, 0, 1_000_000);
  await Deno.utime(recent.socketPath, 0, 2_000_000);
  assertEquals(findEditorSockets(machineOf(sandbox)), [
    { socketPath: recent.socketPath, modifiedAt: 2_000_000_000 },
    { socketPath: older.socketPath, modifiedAt: 1_000_000_000 },
  ]);
});

Deno.test({
  name: "another user's editor socket is not found",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using sandbox = await makeSandbox();
    const socketPath = sandbox.path("run/vscode-ipc-a.sock");
    await startEditor(sandbox, { socketPath });
    await Deno.chown(socketPath, 4242, 4242);
    assertEquals(findEditorSockets(machineOf(sandbox)), []);
  },
});

Deno.test("editors are discovered with their folders and their liveness", async () => {
  await using sandbox = await makeSandbox();
  const live = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  const dead = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-b.sock") });
  await dead.die();
  await Deno.utime(dead.socketPath, 0, 1_000_000);
  await Deno.mkdir(sandbox.path("work/src"), { recursive: true });
  await startWindowProcess(sandbox, sandbox.path("work"), { VSCODE_IPC_HOOK_CLI: live.socketPath });
  const found = await discoverEditors({}, machineOf(sandbox));
  assertEquals(
    found.filter(({ socketPath }) => socketPath.startsWith(sandbox.directory))
      .map(({ modifiedAt: _, ...found }) => found),
    [
      {
        socketPath: live.socketPath,
        kind: "editor",
        folders: Deno.build.os === "linux" ? [sandbox.path("work")] : [],
        liveness: "live",
      },
      { socketPath: dead.socketPath, kind: "editor", folders: [], liveness: "dead" },
    ],
  );
});

Deno.test({
  name: "a window's folders are the working directories of its processes, without nested ones",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const hook = sandbox.path("vscode-ipc-hook.sock");
    for (const folder of ["one/src", "two"]) {
      await Deno.mkdir(sandbox.path(folder), { recursive: true });
    }
    const env = { FIRST: "1", VSCODE_IPC_HOOK_CLI: hook, LAST: "2" };
    await startWindowProcess(sandbox, sandbox.path("one/src"), env);
    await startWindowProcess(sandbox, sandbox.path("one"), env);
    await startWindowProcess(sandbox, sandbox.path("two"), env);
    await startWindowProcess(sandbox, "/", env);
    assertEquals(inspectProcesses().get(hook)?.folders.toSorted(), [
      sandbox.path("one"),
      sandbox.path("two"),
    ]);
  },
});

Deno.test({
  name: "a window's product is found by any of its processes, although the first does not show it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const hook = sandbox.path("vscode-ipc-hook.sock");
    const env = { VSCODE_IPC_HOOK_CLI: hook };
    const telling = { ...env, BROWSER: "/home/ann/.cursor-server/bin/1/bin/helpers/browser.sh" };
    for (const variables of [env, env, telling, env]) {
      await startWindowProcess(sandbox, sandbox.directory, variables);
    }
    assertEquals(inspectProcesses().get(hook), { kind: "cursor", folders: [sandbox.directory] });
  },
});

Deno.test({
  name: "a process that works in its server's own folder reveals no folder of the window",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const hook = sandbox.path("vscode-ipc-hook.sock");
    for (const folder of ["outer/project", "other"]) {
      await Deno.mkdir(sandbox.path(folder), { recursive: true });
    }
    await Deno.symlink(sandbox.path("outer"), sandbox.path("link"));
    // tsserver in a server that was started in `outer`, under either of its names.
    for (const server of ["outer", "link"]) {
      const env = { VSCODE_IPC_HOOK_CLI: hook, VSCODE_CWD: sandbox.path(server) };
      await startWindowProcess(sandbox, sandbox.path("outer"), env);
    }
    assertEquals(inspectProcesses().get(hook)?.folders, []);
    const env = { VSCODE_IPC_HOOK_CLI: hook, VSCODE_CWD: sandbox.path("outer") };
    await startWindowProcess(sandbox, sandbox.path("outer/project"), env);
    assertEquals(inspectProcesses().get(hook)?.folders, [sandbox.path("outer/project")]);
    // A terminal there, which has another variable for the same folder.
    await startWindowProcess(sandbox, sandbox.path("outer"), { VSCODE_IPC_HOOK_CLI: hook });
    assertEquals(inspectProcesses().get(hook)?.folders, [sandbox.path("outer")]);
  },
});

Deno.test({
  name: "a removed folder is not a window's folder, and a relative path is not its socket",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const hook = sandbox.path("vscode-ipc-hook.sock");
    const gone = sandbox.path("gone");
    await Deno.mkdir(gone);
    await startWindowProcess(sandbox, gone, { VSCODE_IPC_HOOK_CLI: hook });
    await startWindowProcess(sandbox, sandbox.directory, {
      VSCODE_IPC_HOOK_CLI: "vscode-ipc-hook.sock",
    });
    await Deno.remove(gone);
    const windows = inspectProcesses();
    assertEquals(windows.get(hook), { kind: "editor", folders: [] });
    assertEquals(windows.get("vscode-ipc-hook.sock"), undefined);
  },
});

Deno.test({
  name: "processes inside tmux or screen, and variables with similar names, reveal nothing",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const hook = sandbox.path("vscode-ipc-hook.sock");
    await startWindowProcess(sandbox, sandbox.directory, {
      VSCODE_IPC_HOOK_CLI: hook,
      TMUX: "/tmp/x,1,0",
    });
    await startWindowProcess(sandbox, sandbox.directory, {
      STY: "1.pts",
      VSCODE_IPC_HOOK_CLI: hook,
    });
    await startWindowProcess(sandbox, sandbox.directory, {
      MY_VSCODE_IPC_HOOK_CLI: hook,
      NOTE: `VSCODE_IPC_HOOK_CLI=${hook}`,
    });
    assertEquals(inspectProcesses().get(hook), undefined);
  },
});

Deno.test("sockets of sandboxed editors are found in the runtime directories of Flatpak and snap", async () => {
  await using sandbox = await makeSandbox();
  const expected = [];
  for (const directory of ["run", "run/app/com.vscodium.codium", "run/snap.code"]) {
    await Deno.mkdir(sandbox.path(directory), { recursive: true });
    const socketPath = sandbox.path(directory, "vscode-ipc-a.sock");
    await startEditor(sandbox, { socketPath });
    expected.push(socketPath);
  }
  await Deno.writeTextFile(sandbox.path("run/app/file"), "");
  const found = findEditorSockets(machineOf(sandbox)).map(({ socketPath }) => socketPath);
  assertEquals(found.toSorted(), expected.toSorted());
});

for (
  const [kind, ...variables] of [
    ["vscode", "PATH=/home/ann/.vscode-server/cli/servers/Stable-1/server/bin/remote-cli:/usr/bin"],
    ["vscode", "PATH=/vscode/bin/linux-x64/1a2b/bin/remote-cli:/usr/bin"],
    [
      "vscode-insiders",
      "PATH=/home/ann/bin:/home/ann/.vscode-server-insiders/bin/1/bin/remote-cli",
    ],
    ["vscodium", "BROWSER=/home/ann/.vscodium-server/bin/1/bin/helpers/browser.sh"],
    ["cursor", "VSCODE_GIT_ASKPASS_NODE=/home/ann/.cursor-server/bin/linux-x64/1/node"],
    ["windsurf", "PATH=/usr/bin:/home/ann/.windsurf-server/bin/1/bin/remote-cli"],
    ["openvscode-server", "PATH=/home/openvscode-server-v1.100.0-linux-x64/bin/remote-cli:/bin"],
    ["openvscode-server", "PATH=/bin", "VSCODE_AGENT_FOLDER=/home/ann/.openvscode-server"],
    ["code-server", "PATH=/usr/lib/code-server/lib/vscode/bin/remote-cli:/usr/bin"],
    [
      "cursor",
      "VSCODE_AGENT_FOLDER=/home/ann/.vscode-server",
      "PATH=/home/ann/.cursor-server/bin/1/bin/remote-cli:/home/ann/.vscode-server/bin/remote-cli",
    ],
    ["editor", "PATH=/usr/bin", "HOME=/home/cursor"],
  ] as const
) {
  Deno.test(`${variables.join(" ")}: a window of ${kind}`, () => {
    const text = [...variables, "VSCODE_IPC_HOOK_CLI=/run/x.sock", "LAST=1"].join("\0");
    const evidence = readEnvironment(new TextEncoder().encode(`${text}\0`));
    assertEquals([evidence?.hook, evidence?.kind()], ["/run/x.sock", kind]);
  });
}
