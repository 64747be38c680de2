import { assertEquals } from "@std/assert";
import { listEditorCandidates } from "../../src/discovery/mod.ts";
import { inspectProcesses } from "../../src/discovery/processes.ts";
import { system, type SystemContext } from "../../src/platform/mod.ts";
import {
  compiled,
  makeSandbox,
  run,
  type Sandbox,
  sharedFolder,
  startEditor,
  startStranger,
  startWindowProcess,
  STRANGER,
  withStranger,
} from "../support/mod.ts";

/** A window of this user that works in `one`, and folders that another user may work in. */
async function makeWindow(sandbox: Sandbox) {
  const shared = await sharedFolder(sandbox);
  for (const name of ["one", "two"]) await Deno.mkdir(`${shared}/${name}`);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-1.sock") });
  const env = { VSCODE_IPC_HOOK_CLI: editor.socketPath };
  await startWindowProcess(sandbox, `${shared}/one`, env);
  return { editor, env, one: `${shared}/one`, two: `${shared}/two` };
}

Deno.test({
  ...withStranger,
  name: "processes of another user do not route root's files to a window of root",
  async fn() {
    await using sandbox = await makeSandbox();
    const { editor, env, one, two } = await makeWindow(sandbox);
    await startWindowProcess(sandbox, two, env, { uid: STRANGER });
    assertEquals(inspectProcesses().get(editor.socketPath)?.folders, [one]);
    for (const command of ["open", "env"]) {
      const args = [command, "--strict", `${two}/file`];
      assertEquals((await run(compiled, sandbox, { args })).code, 1);
    }
    assertEquals(editor.messages.length, 0);
    // The rule is no wider than necessary.
    assertEquals(inspectProcesses(system, [STRANGER]).get(editor.socketPath)?.folders, [one, two]);
    const args = ["open", "--strict", "--allow-owner", String(STRANGER), `${two}/file`];
    const allowed = await run(compiled, sandbox, { args });
    assertEquals(allowed.code, 0, allowed.stderr);
    assertEquals(editor.messages.length, 1);
  },
});

Deno.test({
  ...withStranger,
  name:
    "a process of another user that hides its files, or runs a program of root's, reveals nothing",
  async fn() {
    await using sandbox = await makeSandbox();
    const { editor, env, one, two } = await makeWindow(sandbox);
    // The files in its folder in /proc belong to root, as for all processes that are not dumpable;
    // the folder itself belongs to its user. Source: proc_pid(5).
    await startStranger(sandbox, ["wait"], { env });
    const setuid = sandbox.path("shared/sleep");
    await Deno.copyFile("/usr/bin/sleep", setuid);
    await Deno.chmod(setuid, 0o4755);
    await startWindowProcess(sandbox, two, env, { uid: STRANGER, command: setuid });
    assertEquals(inspectProcesses().get(editor.socketPath)?.folders, [one]);
    // They do not prevent a later process of root's from counting, either.
    await startWindowProcess(sandbox, two, env);
    assertEquals(inspectProcesses().get(editor.socketPath)?.folders, [one, two]);
  },
});

Deno.test({
  ...withStranger,
  name: "our own server is not an editor, whichever user's process names it",
  async fn() {
    await using sandbox = await makeSandbox();
    const { two } = await makeWindow(sandbox);
    const web = await startEditor(sandbox, { socketPath: sandbox.path("web.sock") });
    const env = { VSCODE_IPC_HOOK_CLI: web.socketPath };
    await startWindowProcess(sandbox, two, env, { uid: STRANGER });
    await startWindowProcess(sandbox, two, env);
    const found = listEditorCandidates().map(({ socketPath }) => socketPath);
    assertEquals(found.includes(web.socketPath), false);
    const listed = await run(compiled, sandbox, { args: ["list", "--all"] });
    assertEquals([listed.code, listed.stdout.includes(web.socketPath)], [0, false]);
    const args = ["env", "--strict", `${two}/file`];
    assertEquals((await run(compiled, sandbox, { args })).code, 1);
    assertEquals(web.messages.length, 0);
  },
});

Deno.test({
  ...withStranger,
  name: "--allow-owner makes the sockets of that user visible, and of no other user",
  async fn() {
    await using sandbox = await makeSandbox();
    const { editor } = await makeWindow(sandbox);
    await Deno.chown(editor.socketPath, STRANGER, STRANGER);
    const context: SystemContext = {
      ...system,
      uid: 0,
      env: (name) => name === "XDG_RUNTIME_DIR" ? sandbox.path("run") : undefined,
    };
    const found = (...owners: number[]) =>
      listEditorCandidates(context, owners)
        .some(({ socketPath }) => socketPath === editor.socketPath);
    assertEquals([found(), found(STRANGER), found(STRANGER + 1)], [false, true, false]);
  },
});
