import { assertEquals, assertThrows } from "@std/assert";
import { fileUri, type OpenMessage, pathOfUri, remoteUri } from "../../src/editor/mod.ts";
import { SessionctlError } from "../../src/errors.ts";
import { readOperand, requestsTo } from "../../src/open/mod.ts";
import { makeSandbox } from "../support/mod.ts";

const WINDOW = { kind: "editor", socketPath: "/e.sock", step: "to", folder: null } as const;

/** Each path with the result of `url.pathToFileURL` of Node 20.20. */
const PATHS = [
  ["/a/b.ts", "/a/b.ts"],
  ["/with space/and\ttab", "/with%20space/and%09tab"],
  ["/50%/a%20b/%", "/50%25/a%2520b/%25"],
  ["/what?/c#", "/what%3F/c%23"],
  ["/line\nbreak/return\r", "/line%0Abreak/return%0D"],
  ["/back\\slash", "/back%5Cslash"],
  ["/\"'<>`{}|^[]~", "/%22'%3C%3E%60%7B%7D%7C%5E%5B%5D%7E"],
  ["/ünï/日本/🎉", "/%C3%BCn%C3%AF/%E6%97%A5%E6%9C%AC/%F0%9F%8E%89"],
  ["/a:12/b:3:4", "/a:12/b:3:4"],
  ["/;&=+@!$,()*", "/;&=+@!$,()*"],
  ["/control\x01\x7f", "/control%01%7F"],
  ["/trailing ", "/trailing%20"],
] as const;

for (const [path, encoded] of PATHS) {
  Deno.test(`the URL of ${JSON.stringify(path)} equals Node's, and converts back to it`, () => {
    assertEquals(fileUri(path), `file://${encoded}`);
    assertEquals(pathOfUri(fileUri(path)), path);
  });
}

Deno.test("a remote URI has its path; a URI of another scheme has none", () => {
  assertEquals(
    remoteUri("file:///a%20b", "ssh-remote+box"),
    "vscode-remote://ssh-remote+box/a%20b",
  );
  assertEquals(remoteUri("untitled:x", "ssh-remote+box"), "untitled:x");
  assertEquals(pathOfUri("vscode-remote://ssh-remote+box/a%20b"), "/a b");
  assertEquals(pathOfUri("http://example.org/a"), undefined);
  assertEquals(pathOfUri("file:///%zz"), undefined);
});

Deno.test("an operand is read literally if that file exists, else with its line and column", async () => {
  await using sandbox = await makeSandbox();
  for (const name of ["f", "f:7", "dir:3/f"]) {
    await Deno.mkdir(sandbox.path("dir:3"), { recursive: true });
    await Deno.writeTextFile(sandbox.path(name), "");
  }
  const read = (typed: string) => {
    const { path, kind, position } = readOperand(typed, () => sandbox.directory);
    return [path.slice(sandbox.directory.length + 1), kind, position?.line, position?.column];
  };
  assertEquals(read("f"), ["f", "file", undefined, undefined]);
  assertEquals(read("f:7"), ["f:7", "file", undefined, undefined]);
  assertEquals(read("f:7:2"), ["f:7", "file", 2, undefined]);
  assertEquals(read("f:8"), ["f", "file", 8, undefined]);
  assertEquals(read("f:8:"), ["f", "file", 8, undefined]);
  assertEquals(read("f:8:9:"), ["f", "file", 8, 9]);
  assertEquals(read("new:8:9"), ["new", "file", 8, 9]);
  assertEquals(read("new:x"), ["new:x", "file", undefined, undefined]);
  assertEquals(read("f:"), ["f:", "file", undefined, undefined]);
  assertEquals(read(":8"), [":8", "file", undefined, undefined]);
  assertEquals(read("dir:3"), ["dir:3", "folder", undefined, undefined]);
  assertEquals(read("dir:3:4"), ["dir:3", "folder", undefined, undefined]);
  assertEquals(read("dir:3/f:5"), ["dir:3/f", "file", 5, undefined]);
  assertEquals(read("new/./x/../y/"), ["new/y", "file", undefined, undefined]);
});

Deno.test("'..' after a symlink leads to the parent of the symlink's target", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("a/b"), { recursive: true });
  await Deno.writeTextFile(sandbox.path("a/f"), "");
  await Deno.symlink(sandbox.path("a/b"), sandbox.path("link"));
  for (const name of ["f", "new"]) {
    const { path } = readOperand(`${sandbox.path("link")}/../${name}`, () => "/");
    assertEquals(path, sandbox.path("a", name));
    assertEquals(readOperand(`link/../${name}`, () => sandbox.directory).path, path);
  }
});

Deno.test("the real path is resolved as far as the path exists", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("a"));
  await Deno.symlink(sandbox.path("a"), sandbox.path("link"));
  const { path, realPath } = readOperand(sandbox.path("link/new/f"), () => "/");
  assertEquals([path, realPath], [sandbox.path("link/new/f"), sandbox.path("a/new/f")]);
});

Deno.test("no line is sent for a path that an editor would misread", async () => {
  await using sandbox = await makeSandbox();
  for (const [name, safe] of [["a:b", true], ["a:1:b", false], ["a::b", false]] as const) {
    await Deno.writeTextFile(sandbox.path(name), "");
    const item = readOperand(`${sandbox.path(name)}:5`, () => "/");
    const modes = { newWindow: false, reuseWindow: false, goto: true };
    const [request] = await requestsTo(WINDOW, [item], { modes, allowOwners: [] });
    const message = request!.message as OpenMessage;
    const uri = fileUri(sandbox.path(name));
    assertEquals(message.gotoLineMode, safe);
    assertEquals(message.fileURIs, [safe ? `${uri}:5` : uri]);
  }
});

Deno.test("an empty operand is a usage error", () => {
  assertThrows(() => readOperand("", () => "/"), SessionctlError, "empty");
});
