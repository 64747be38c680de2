import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  compiled,
  limited,
  makeSandbox,
  run,
  type Sandbox,
  sharedFolder,
  startEditor,
  startStranger,
  untilTaken,
  withStranger,
} from "../support/mod.ts";

/** Starts an editor in a shared folder, and another user who waits for its name to become free. */
async function makeEditorAndStranger(sandbox: Sandbox, onProbe?: () => Promise<void>) {
  const socketPath = `${await sharedFolder(sandbox)}/vscode-ipc-1.sock`;
  const editor = await startEditor(sandbox, { socketPath, onProbe });
  const stranger = await startStranger(sandbox, ["take", socketPath]);
  const loseName = async () => {
    await Deno.remove(socketPath);
    await untilTaken(socketPath);
  };
  return { editor, stranger, loseName };
}

for (
  const [command, ...operands] of [
    ["open", "secret"],
    ["open", "-"],
    ["clipboard"],
    ["browse", "https://secret.example/"],
  ] as const
) {
  Deno.test({
    ...withStranger,
    name:
      `${command} ${operands}: another user who takes the editor's name after the probe receives nothing`,
    async fn() {
      await using sandbox = await makeSandbox();
      let lose = () => Promise.resolve();
      const { editor, stranger, loseName } = await makeEditorAndStranger(sandbox, () => lose());
      lose = loseName;
      const args = [command, "--to", editor.socketPath, ...operands];
      const { code, stderr } = await run(limited(compiled), sandbox, { args, stdin: "secret" });
      assertEquals(code, 1, stderr);
      assertMatch(stderr, /belongs to another user|(nobody|no process) listens/);
      await stranger.stop();
      assertEquals(stranger.received.join(""), "");
      assertEquals(editor.messages.length, 0);
    },
  });
}

Deno.test({
  ...withStranger,
  name: "open --wait ends although another user listens at the dead editor's path",
  async fn() {
    await using sandbox = await makeSandbox();
    const { editor, stranger, loseName } = await makeEditorAndStranger(sandbox);
    const args = ["open", "--wait", "--to", editor.socketPath, "file"];
    const ended = run(limited(compiled), sandbox, { args });
    await editor.nextMessage();
    await loseName();
    await editor.die();
    const { code, stderr } = await ended;
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, "ended before the file was closed");
    await stranger.stop();
    assertEquals(stranger.received.join(""), "");
  },
});

Deno.test({
  ...withStranger,
  name: "call with a socket and registry commands send nothing to another user's process",
  async fn() {
    await using sandbox = await makeSandbox();
    // Below a folder that everybody may use, with a file that looks like root's.
    const socket = `${await sharedFolder(sandbox, 0o777)}/registry.sock`;
    const stranger = await startStranger(sandbox, ["take", socket]);
    await untilTaken(socket);
    await Deno.chown(socket, 0, 0);
    for (
      const args of [
        ["remove", "--socket", socket, "/secret"],
        ["find", "--socket", socket, "/secret"],
        ["list", "--socket", socket],
        ["call", "--to", socket, "secret", "secret"],
        ["open", "--to", socket, "secret"],
      ]
    ) {
      const { code, stderr } = await run(limited(compiled), sandbox, { args });
      assertEquals([1, 3].includes(code), true, `${args}: ${code} ${stderr}`);
    }
    await stranger.stop();
    assertEquals(stranger.received.join(""), "");
  },
});
