import { assertEquals, assertThrows } from "@std/assert";
import { SessionctlError } from "../../src/errors.ts";
import {
  bindUnixSocket,
  ensurePrivateDirectory,
  fileIdentity,
  removeIfSame,
  socketOwnership,
} from "../../src/platform/mod.ts";
import { makeSandbox } from "../support/mod.ts";
import { asRoot, leaveDeadSocket } from "../registry/serve_support.ts";

Deno.test("a bound socket is 0600 from the start and leaves nothing when it closes", async () => {
  await using sandbox = await makeSandbox();
  const socket = bindUnixSocket(sandbox.path("run/x.sock"));
  assertEquals(Deno.lstatSync(socket.path).mode! & 0o777, 0o600);
  assertEquals([...Deno.readDirSync(sandbox.path("run"))].map(({ name }) => name), ["x.sock"]);
  (await Deno.connect({ transport: "unix", path: socket.path })).close();
  socket.close();
  assertEquals([...Deno.readDirSync(sandbox.path("run"))], []);
});

Deno.test("closing does not remove a file that somebody else put at the path", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("run/x.sock");
  const first = bindUnixSocket(path);
  const second = bindUnixSocket(path);
  first.close();
  (await Deno.connect({ transport: "unix", path })).close();
  second.close();
  assertEquals(fileIdentity(path), undefined);
});

Deno.test("a failed listen leaves no file under the private name", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("run/x.sock");
  await Deno.mkdir(path);
  assertEquals(assertThrows(() => bindUnixSocket(path), SessionctlError).code, "IO_ERROR");
  assertEquals([...Deno.readDirSync(sandbox.path("run"))].map(({ name }) => name), ["x.sock"]);
});

Deno.test("a file is removed only if it is still the same file", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("x");
  await Deno.writeTextFile(path, "");
  const identity = fileIdentity(path)!;
  await Deno.writeTextFile(sandbox.path("y"), "");
  await Deno.rename(sandbox.path("y"), path);
  assertEquals(removeIfSame(path, identity), false);
  assertEquals(removeIfSame(path, fileIdentity(path)!), true);
  assertEquals(removeIfSame(path, identity), false);
});

Deno.test("ownership distinguishes own sockets, foreign ones, other files and missing ones", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("x.sock");
  leaveDeadSocket(path);
  await Deno.symlink(path, sandbox.path("link"));
  await Deno.symlink(sandbox.path("nowhere"), sandbox.path("dangling"));
  assertEquals(
    [path, "link", "dangling", "home"].map((name) =>
      socketOwnership(name.startsWith("/") ? name : sandbox.path(name))
    ),
    ["ours", "ours", "missing", "not-a-socket"],
  );
});

Deno.test({
  ...asRoot,
  name: "another user's socket is foreign, and so is another user's link to ours",
  async fn() {
    await using sandbox = await makeSandbox();
    const [ours, theirs, link] = ["ours", "theirs", "link"].map((name) => sandbox.path(name));
    leaveDeadSocket(ours!);
    leaveDeadSocket(theirs!);
    await Deno.chown(theirs!, 4242, 4242);
    await Deno.symlink(ours!, link!);
    await new Deno.Command("chown", { args: ["-h", "4242", link!] }).output();
    assertEquals([theirs!, link!].map((path) => socketOwnership(path)), ["foreign", "foreign"]);
    assertEquals([theirs!, link!].map((path) => socketOwnership(path, [4242])), ["ours", "ours"]);
  },
});

Deno.test("a private directory is created with its parents, and an existing one is not changed", async () => {
  await using sandbox = await makeSandbox();
  const made = sandbox.path("one/two");
  ensurePrivateDirectory(made);
  assertEquals(Deno.statSync(made).mode! & 0o777, 0o700);
  const file = sandbox.path("file");
  await Deno.writeTextFile(file, "");
  const error = assertThrows(() => ensurePrivateDirectory(file), SessionctlError);
  assertEquals([error.code, error.message], ["UNSAFE_DIRECTORY", `${file} is not a directory`]);
});
