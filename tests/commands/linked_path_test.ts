import { assertEquals } from "@std/assert";
import { compiled, makeSandbox, run, startEditor } from "../support/mod.ts";
import { sessionsOf, startServer } from "../registry/serve_support.ts";

Deno.test("add and find resolve '..' after a symlink like open does", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const editor = await startEditor(sandbox);
  await Deno.mkdir(sandbox.path("a/b"), { recursive: true });
  await Deno.symlink(sandbox.path("a/b"), sandbox.path("link"));
  const added = await run(compiled, sandbox, { args: ["add", editor.socketPath, "link/.."] });
  assertEquals(added.code, 0, added.stderr);
  const [session] = await sessionsOf(socket);
  assertEquals(session!.workspace, {
    folders: [{ uri: { scheme: "file", path: sandbox.path("a") } }],
  });
  const args = ["find", "--strict", "link/../new.txt"];
  const found = await run(compiled, sandbox, { args });
  assertEquals([found.code, found.stdout], [0, `${editor.socketPath}\n`], found.stderr);
});
