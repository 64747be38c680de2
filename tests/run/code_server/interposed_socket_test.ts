/** A code-server's socket that is moved aside for ours and given back. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { dirname } from "@std/path";
import { fileIdentity, sameFile } from "../../../src/platform/mod.ts";
import { exchangeFiles } from "../../../src/platform/ffi/exchange_files.ts";
import { giveBack, interpose } from "../../../src/run/code_server/interposed_socket.ts";
import { leaveDeadSocket } from "../../registry/serve_support.ts";
import { makeSandbox, type Sandbox } from "../../support/mod.ts";

// Libraries stay loaded; loading it here keeps the leak check of every test quiet.
try {
  exchangeFiles("/dev/null/a", "/dev/null/b");
} catch { /* There are no such files. */ }

/** A path in a new folder. */
function placeIn(sandbox: Sandbox): { path: string; names(): string[] } {
  const path = sandbox.path("cs", "s.sock");
  Deno.mkdirSync(dirname(path));
  const names = () => [...Deno.readDirSync(dirname(path))].map(({ name }) => name).sort();
  return { path, names };
}

function listen(sandbox: Sandbox, path: string): void {
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
}

/** A socket with a listener, with ours in its place. */
function startInterposed(sandbox: Sandbox) {
  const { path, names } = placeIn(sandbox);
  listen(sandbox, path);
  const before = fileIdentity(path);
  const { ours, theirs } = interpose(path);
  sandbox.defer(() => ours.close());
  assertEquals(theirs.identity, before);
  assertEquals(fileIdentity(path), ours.identity);
  return { path, names, ours, theirs };
}

Deno.test("a socket that was moved aside gets its place back from ours", async () => {
  await using sandbox = await makeSandbox();
  const { path, names, ours, theirs } = startInterposed(sandbox);
  await giveBack(theirs, path, ours);
  assertEquals(fileIdentity(path), theirs.identity);
  assertEquals(names(), ["s.sock"]);
});

Deno.test("a socket that was moved aside gets its place back when the place is empty", async () => {
  await using sandbox = await makeSandbox();
  const { path, names, theirs } = startInterposed(sandbox);
  Deno.removeSync(path);
  await giveBack(theirs, path, undefined);
  assertEquals(fileIdentity(path), theirs.identity);
  assertEquals(names(), ["s.sock"]);
});

Deno.test("a newer socket keeps the place of a socket that was moved aside", async () => {
  await using sandbox = await makeSandbox();
  const { path, ours, theirs } = startInterposed(sandbox);
  Deno.removeSync(path);
  listen(sandbox, path);
  const newer = fileIdentity(path);
  await giveBack(theirs, path, ours);
  assertEquals(fileIdentity(path), newer);
});

Deno.test("a socket that was moved aside is removed when nobody listens on it any more", async () => {
  await using sandbox = await makeSandbox();
  const { path, names } = placeIn(sandbox);
  leaveDeadSocket(path);
  const { ours, theirs } = interpose(path);
  sandbox.defer(() => ours.close());
  await giveBack(theirs, path, ours);
  assertEquals(fileIdentity(path), ours.identity);
  assertEquals(names(), ["s.sock"]);
});

Deno.test("a different file under the name of a socket that was moved aside is left alone", async () => {
  await using sandbox = await makeSandbox();
  const { path, ours, theirs } = startInterposed(sandbox);
  Deno.renameSync(theirs.path, sandbox.path("cs", "elsewhere"));
  listen(sandbox, theirs.path);
  const other = fileIdentity(theirs.path);
  await giveBack(theirs, path, ours);
  assertEquals(fileIdentity(path), ours.identity);
  assertEquals(fileIdentity(theirs.path), other);
});

Deno.test("a socket that cannot be moved aside keeps its place", async () => {
  await using sandbox = await makeSandbox();
  const { path, names } = placeIn(sandbox);
  listen(sandbox, path);
  const before = fileIdentity(path);
  const { randomUUID } = crypto;
  crypto.randomUUID = () => "00000000-0000-4000-8000-000000000000";
  Deno.mkdirSync(sandbox.path("cs", ".sctl-000000"));
  try {
    assertThrows(() => interpose(path));
  } finally {
    crypto.randomUUID = randomUUID;
  }
  assert(sameFile(fileIdentity(path), before));
  assertEquals(names(), [".sctl-000000", "s.sock"]);
});
