// The message that a desktop editor's main process gets, and when the call ends.
import { assertEquals, assertRejects } from "@std/assert";
import { keepConnection } from "../../src/desktop/kept.ts";
import { MainProcess } from "../../src/desktop/main_process.ts";
import { DesktopEditors, tellDesktop } from "../../src/desktop/mod.ts";
import { SessionctlError } from "../../src/errors.ts";
import { makeSandbox, until } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";

/** Sends an editor a request, and waits until it is done. */
async function start(...told: Parameters<typeof tellDesktop>): Promise<void> {
  await (await tellDesktop(...told)).done;
}

async function failureOf(starting: Promise<void>): Promise<string> {
  return (await assertRejects(() => starting, SessionctlError)).code;
}

Deno.test("the arguments are those of VS Code's parser, and the environment contains one variable", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath, starts } = await startDesktop(sandbox);
  await start(socketPath, {
    fileUris: ["file:///a.ts:3:4"],
    goto: true,
    reuseWindow: true,
  });
  await start(socketPath, { folderUris: ["file:///srv"], together: "add" });
  await start(socketPath, { newWindow: true, remoteAuthority: "ssh-remote+hostb" });
  assertEquals(starts.map(({ args }) => args), [
    { _: [], "file-uri": ["file:///a.ts:3:4"], goto: true, "reuse-window": true },
    { _: [], "folder-uri": ["file:///srv"], add: true },
    { _: [], "new-window": true, remote: "ssh-remote+hostb" },
  ]);
  assertEquals(starts.map(({ env }) => env), Array(3).fill({ VSCODE_CLI: "1" }));
});

Deno.test("a wait ends when the user closes the tab, or the window", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startDesktop(sandbox);
  for (const close of [() => editor.closeTab(), () => editor.closeWindow()]) {
    const waitMarkerFilePath = sandbox.path("marker");
    await Deno.writeTextFile(waitMarkerFilePath, "");
    const waiting = start(editor.socketPath, {
      fileUris: ["file:///a.ts"],
      waitMarkerFilePath,
    });
    const { args } = await editor.nextStart();
    assertEquals([args.wait, args.waitMarkerFilePath], [true, waitMarkerFilePath]);
    await close();
    await waiting;
  }
});

Deno.test("a wait fails at once when the editor ends", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startDesktop(sandbox);
  await Deno.writeTextFile(sandbox.path("marker"), "");
  const request = { fileUris: ["file:///a"], waitMarkerFilePath: sandbox.path("marker") };
  const failed = failureOf(start(editor.socketPath, request));
  await editor.nextStart();
  await editor.die();
  assertEquals(await failed, "EDITOR_GONE");
});

Deno.test("an editor that does not answer diagnostics gets no request to open", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startDesktop(sandbox, { behaviour: "hang" });
  const request = { fileUris: ["file:///a.ts"] };
  const failed = failureOf(start(editor.socketPath, request, { timeoutMs: 50 }));
  assertEquals(await failed, "MESSAGE_UNREAD");
  editor.behaviour = "refuse";
  assertEquals(await failureOf(start(editor.socketPath, request)), "EDITOR_REFUSED");
  editor.behaviour = "other-channels";
  assertEquals(await failureOf(start(editor.socketPath, request)), "MESSAGE_UNREAD");
  await editor.die();
  assertEquals(await failureOf(start(editor.socketPath, request)), "CONNECTION_REFUSED");
  await until("only the one was told", () => editor.starts.length === 1);
});

Deno.test("a kept connection is used once, and not after its editor has ended", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startDesktop(sandbox);
  const ask = () =>
    new DesktopEditors({ sockets: [editor.socketPath], keepsConnections: true }).all();
  await ask();
  for (let at = 0; at < 2; at++) {
    await (await tellDesktop(editor.socketPath, { fileUris: ["file:///a"] })).done;
  }
  assertEquals([editor.contexts.length, editor.questions, editor.starts.length], [2, 2, 2]);
  const main = await MainProcess.connect(editor.socketPath);
  keepConnection(editor.socketPath, main);
  await editor.die();
  await until("the end is noticed", () => main.hasEnded);
  const request = { fileUris: ["file:///a"] };
  assertEquals(
    await failureOf(start(editor.socketPath, request)),
    "CONNECTION_REFUSED",
  );
});
