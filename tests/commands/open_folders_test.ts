/** Folders that a window gains or loses take effect in the registry at once. */
import { assertEquals } from "@std/assert";
import { run, type Sandbox, startEditor } from "../support/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { makeFolders, open } from "../routing/folders.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const find = async (sandbox: Sandbox, path: string) => {
  const args = ["find", "--strict", sandbox.path(path)];
  const { stdout } = await run(shared, sandbox, { args });
  return stdout.trimEnd();
};

Deno.test("a folder added to a window belongs to it at once, and a removed one does not", async () => {
  await using sandbox = await makeFolders();
  const server = await startServer(sandbox);
  const window = await startEditor(sandbox);
  const other = await startEditor(sandbox);
  await register(server.socket, window.socketPath, sandbox.path("one"));
  await register(server.socket, other.socketPath, sandbox.path("home"));
  const to = ["--to", window.socketPath];
  assertEquals(await find(sandbox, "two/f"), "");

  assertEquals((await open(sandbox, ["--add", "two", ...to])).code, 0);
  assertEquals(await find(sandbox, "two/f"), window.socketPath);
  assertEquals(await find(sandbox, "one/f"), window.socketPath);
  assertEquals((await open(sandbox, ["two/f"])).code, 0);
  assertEquals(window.messages.at(-1)!.fileURIs, [`file://${sandbox.path("two/f")}`]);

  assertEquals((await open(sandbox, ["--remove", "one", ...to])).code, 0);
  assertEquals(await find(sandbox, "one/f"), "");
  assertEquals(await find(sandbox, "two/f"), window.socketPath);
});

Deno.test("a socket that registers with other folders is found only by those", async () => {
  await using sandbox = await makeFolders();
  const server = await startServer(sandbox);
  const window = await startEditor(sandbox);
  await register(server.socket, window.socketPath, sandbox.path("one"));
  assertEquals(await find(sandbox, "one/f"), window.socketPath);
  await register(server.socket, window.socketPath, sandbox.path("two"));
  assertEquals([await find(sandbox, "one/f"), await find(sandbox, "two/f")], [
    "",
    window.socketPath,
  ]);
});
