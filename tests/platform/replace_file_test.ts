import { assertEquals, assertThrows } from "@std/assert";
import { writePidFile } from "../../src/background/mod.ts";
import { replaceFile } from "../../src/platform/mod.ts";
import { makeSandbox } from "../support/mod.ts";

Deno.test("a file is replaced as a whole, and a link in its place is not followed", async () => {
  await using sandbox = await makeSandbox();
  const precious = sandbox.path("precious");
  Deno.writeTextFileSync(precious, "precious");
  const path = sandbox.path("file");
  Deno.symlinkSync(precious, path);
  replaceFile(path, "new\n", { mode: 0o600 });
  assertEquals(Deno.readTextFileSync(path), "new\n");
  assertEquals(Deno.readTextFileSync(precious), "precious");
  const { isSymlink, mode } = Deno.lstatSync(path);
  assertEquals([isSymlink, (mode ?? 0) & 0o777], [false, 0o600]);
});

Deno.test("a failed replacement leaves the file unchanged and no other file beside it", async () => {
  await using sandbox = await makeSandbox();
  const directory = sandbox.path("place");
  Deno.mkdirSync(directory);
  const path = `${directory}/file`;
  Deno.writeTextFileSync(path, "old\n");
  const prepare = () => {
    throw new Error("no room");
  };
  assertThrows(() => replaceFile(path, "new\n", { mode: 0o600, prepare }), Error, "no room");
  assertEquals(Deno.readTextFileSync(path), "old\n");
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["file"]);
});

Deno.test("a symlink placed beside a pid file is not followed", async () => {
  await using sandbox = await makeSandbox();
  const precious = sandbox.path("precious");
  Deno.writeTextFileSync(precious, "precious");
  const path = sandbox.path("x.pid");
  // Our temporary names can be guessed, and the directory may be open to everyone.
  Deno.symlinkSync(precious, `${path}.${Deno.pid}`);
  const remove = writePidFile(path);
  assertEquals(Deno.readTextFileSync(path), `${Deno.pid}\n`);
  assertEquals(Deno.readTextFileSync(precious), "precious");
  remove();
});
