/** `sessionctl where`: the window in focus, and the position in it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { compiled, run, type Sandbox } from "../support/mod.ts";
import { startCompanionWindow } from "../support/companion_window.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { makeFolders } from "../routing/folders.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const where = (sandbox: Sandbox, ...args: string[]) =>
  run(shared, sandbox, { args: ["where", ...args] });

function editing(path: string, line = 12, column = 5): unknown {
  const place = { line, column };
  return { activeEditor: { uri: `file://${path}`, path, selection: { start: place, end: place } } };
}

Deno.test("where prints the folder and the position in the window that has the focus", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const folders = [sandbox.path("one"), sandbox.path("one/deep")];
  const a = await startCompanionWindow(sandbox, socket, { folders });
  const b = await startCompanionWindow(sandbox, socket, { folders: [sandbox.path("two")] });
  a.state = editing(sandbox.path("one/deep/f"));
  await b.focus();
  await a.focus();
  const text = await where(sandbox);
  assertEquals([text.code, text.stderr], [0, ""]);
  assertEquals(text.stdout, `${sandbox.path("one/deep")}\t${sandbox.path("one/deep/f")}:12:5\n`);
  const { focusedAt, ...shown } = JSON.parse((await where(sandbox, "--json")).stdout);
  assert(focusedAt > 0);
  assertEquals(shown, {
    socketPath: a.socketPath,
    kind: "code-server",
    focused: true,
    folders,
    folder: sandbox.path("one/deep"),
    file: sandbox.path("one/deep/f"),
    line: 12,
    column: 5,
    uri: `file://${sandbox.path("one/deep/f")}`,
  });
  await b.focus();
  assertEquals((await where(sandbox)).stdout, `${sandbox.path("two")}\n`);
});

Deno.test("where prints the window used last if none has the focus, and --now does not", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const a = await startCompanionWindow(sandbox, socket, { folders: [sandbox.path("one")] });
  const none = await where(sandbox);
  assertEquals([none.code, none.stdout], [1, ""]);
  assertStringIncludes(none.stderr, "no window has had the focus yet");
  await a.focus();
  assertEquals((await where(sandbox, "--now")).code, 0);
  await a.focus(false);
  assertEquals((await where(sandbox)).stdout, `${sandbox.path("one")}\n`);
  const now = await where(sandbox, "--now");
  assertEquals([now.code, now.stdout], [1, ""]);
  assertStringIncludes(now.stderr, "no window has the focus now");
});

Deno.test("where without a companion explains how to install it", async () => {
  await using sandbox = await makeFolders();
  const missing = await where(sandbox);
  assertEquals([missing.code, missing.stdout], [3, ""]);
  const { socket } = await startServer(sandbox);
  await register(socket, "/nobody.sock", sandbox.path("one"));
  const { code, stdout, stderr } = await where(sandbox);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, "no window with the companion is registered");
  assertStringIncludes(stderr, "sessionctl companion install --all");
});

Deno.test("where skips a dead window, and shows one that does not answer", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const dead = await startCompanionWindow(sandbox, socket, { folders: [sandbox.path("one")] });
  const silent = await startCompanionWindow(sandbox, socket, { folders: [sandbox.path("two")] });
  silent.state = new Promise(() => {});
  await silent.focus();
  await dead.focus();
  await dead.editor.die();
  dead.peer.dispose();
  const { code, stdout } = await where(sandbox, "--json");
  assertEquals(code, 0);
  const { socketPath, folder, file } = JSON.parse(stdout);
  assertEquals([socketPath, folder, file], [silent.socketPath, sandbox.path("two"), null]);
  const verbose = await where(sandbox, "--verbose");
  assertStringIncludes(verbose.stderr, "does not tell its file");
});

const ANSWERS: Record<string, unknown> = {
  "nothing": null,
  "a text": "state",
  "a relative path": { activeEditor: { uri: "file:///f", path: "f" } },
  "an invalid place": {
    activeEditor: { uri: "untitled:Untitled-1", selection: { start: { line: -1, column: 1e99 } } },
  },
  "control characters": { activeEditor: { uri: "file:///\x1b[2J", path: "/\x1b[2J\n\t" } },
};
const LINES: Record<string, string> = {
  "a relative path": "\tfile:///f",
  "an invalid place": "\tuntitled:Untitled-1",
  "control characters": "\t/\\u001b[2J\\n\\t",
};

for (const [what, state] of Object.entries(ANSWERS)) {
  Deno.test(`where prints at most one line with two columns for a window that answers with ${what}`, async () => {
    await using sandbox = await makeFolders();
    const { socket } = await startServer(sandbox);
    const window = await startCompanionWindow(sandbox, socket, { folders: [sandbox.path("one")] });
    window.state = state;
    await window.focus();
    const { stdout } = await where(sandbox);
    assertEquals(stdout, `${sandbox.path("one")}${LINES[what] ?? ""}\n`);
  });
}

Deno.test("where asks a window on its own instance socket, and then needs no hub", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const folders = [sandbox.path("one")];
  const other = sandbox.path("window-other.sock");
  const own = (id: string) => sandbox.path("home", `window-${id}.sock`);
  const window = await startCompanionWindow(sandbox, socket, { folders });
  const path = own(window.windowId);
  await register(socket, window.socketPath, ...folders);
  const client = { socketPath: window.socketPath, instanceSockets: [other, path] };
  await run(compiled, sandbox, {
    args: ["call", "registry", "add", JSON.stringify([client])],
  });
  await Deno.chmod(dirname(path), 0o700);
  const asked: unknown[] = [];
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  (async () => {
    for await (const conn of listener) {
      const buffer = new Uint8Array(1024);
      const length = await conn.read(buffer) ?? 0;
      const { id, method } = JSON.parse(new TextDecoder().decode(buffer.subarray(0, length)));
      asked.push(method);
      const result = editing(sandbox.path("one/f"), 3, 1);
      await conn.write(new TextEncoder().encode(`${JSON.stringify({ id, result })}\n`));
      conn.close();
    }
  })().catch(() => {});
  window.peer.dispose();
  await window.focus();
  const { stdout } = await where(sandbox);
  assertEquals(stdout, `${sandbox.path("one")}\t${sandbox.path("one/f")}:3:1\n`);
  assertEquals(asked, ["state"]);
});
