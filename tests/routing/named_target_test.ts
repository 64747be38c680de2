/** The window that `open --to` names. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { alone, compiled, run, startEditor, startRegistry } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { makeFolders, openWith } from "./folders.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();
const open = openWith(shared);

Deno.test("--to accepts a socket or a part of one", async () => {
  await using sandbox = await makeFolders();
  const [one, two] = [await startEditor(sandbox), await startEditor(sandbox)];
  startRegistry(sandbox, [one, two]);
  const part = one.socketPath.slice("/tmp/".length);
  assertEquals((await open(sandbox, ["--to", one.socketPath, "two/f"])).code, 0);
  assertEquals((await open(sandbox, ["--to", part, "two/f"])).code, 0);
  assertEquals(one.messages.length, 2);
  const both = one.socketPath.slice("/tmp/".length, one.socketPath.lastIndexOf("/"));
  const ambiguous = await open(sandbox, ["--to", `${both}/editor-`, "two/f"]);
  assertEquals(ambiguous.code, 1);
  assertStringIncludes(ambiguous.stderr, "part of 2 editor sockets");
  const unknown = await open(sandbox, ["--to", "nowhere", "two/f"]);
  assertEquals(unknown.code, 1);
  const relative = await open(sandbox, ["--to", `/${"x".repeat(200)}`, "two/f"]);
  assertEquals(relative.code, 2);
  await two.die();
  const dead = await open(sandbox, ["--to", two.socketPath, "two/f"]);
  assertEquals(dead.code, 1);
  assertStringIncludes(dead.stderr, "no process listens there");
  assertEquals(one.messages.length, 2);
});

Deno.test("--to reports why a path is not a usable socket", async () => {
  await using sandbox = await makeFolders();
  startRegistry(sandbox, [await startEditor(sandbox)]);
  const file = sandbox.path("two/f");
  await Deno.writeTextFile(file, "");
  for (
    const [path, reason] of [
      [
        file,
        `a file, neither a socket nor a folder\n  name a folder of the window: --to ${
          sandbox.path("two")
        }`,
      ],
      [sandbox.path("nowhere"), "no such socket or folder"],
    ] as const
  ) {
    const { code, stderr } = await open(sandbox, ["--to", path, "two/f"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `--to ${path}: ${reason}`);
  }
});

Deno.test("--to FOLDER uses the window that has the folder open", async () => {
  await using sandbox = await makeFolders();
  const [one, two] = [await startEditor(sandbox), await startEditor(sandbox)];
  startRegistry(sandbox, [
    { socketPath: two.socketPath, folder: sandbox.path("two") },
    { socketPath: one.socketPath, folder: sandbox.path("one") },
  ]);
  // No editor's socket path distinguishes itself by containing "one".
  for (const folder of [sandbox.path("one"), "./one", "one/deep/", "one"]) {
    const result = await open(sandbox, ["--to", folder, "two/f"]);
    assertEquals(result.code, 0, `${folder}: ${result.stderr}`);
  }
  assertEquals([one.messages.length, two.messages.length], [4, 0]);
  const none = await open(sandbox, ["--to", sandbox.path("home"), "two/f"]);
  assertEquals(none.code, 1);
  assertStringIncludes(none.stderr, `no window has ${sandbox.path("home")} open`);
  const browsed = await run(shared, sandbox, {
    args: ["browse", "--to", "./two", "http://a.b/"],
  });
  assertEquals(browsed.code, 0, browsed.stderr);
  assertEquals(two.messages.length, 1);
});

Deno.test("--to with the plain name of a folder names the folder if several sockets have it in their paths", async () => {
  await using sandbox = await makeFolders();
  const start = (name: string) => startEditor(sandbox, { socketPath: sandbox.path(name) });
  const [first, second] = [await start("one-1.sock"), await start("one-2.sock")];
  startRegistry(sandbox, [
    { socketPath: first.socketPath, folder: sandbox.path("two") },
    { socketPath: second.socketPath, folder: sandbox.path("one") },
  ]);
  assertEquals((await open(sandbox, ["--to", "one", "two/f"])).code, 0);
  assertEquals([first.messages.length, second.messages.length], [0, 1]);
});

Deno.test("--to with a window that does not answer exits 4", async () => {
  await using sandbox = await makeFolders();
  const hung = await startEditor(sandbox, { behaviour: "hang" });
  const result = await open(sandbox, ["--to", hung.socketPath, "one/f"]);
  assertEquals(result.code, 4);
  assertEquals(hung.messages, []);
});

Deno.test("--to with a desktop editor's name takes a part of a socket if that editor has ended", async () => {
  await using sandbox = await makeFolders();
  const desktop = await startDesktop(sandbox);
  await desktop.die();
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("code-1.sock") });
  startRegistry(sandbox, [editor]);
  const { code, stderr } = await openWith(alone(compiled))(sandbox, ["--to", "code", "one/f"]);
  assertEquals([code, editor.messages.length], [0, 1], stderr);
});
