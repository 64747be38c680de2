import { assert, assertEquals } from "@std/assert";
import { type FileLock, lockFile, lockHolder } from "../../src/platform/mod.ts";
import { makeSandbox } from "../support/mod.ts";

function take(path: string): FileLock {
  const lock = lockFile(path);
  assert("release" in lock);
  return lock;
}

Deno.test("a lock has one holder, names it, and ends with its file", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("x.lock");
  const lock = take(path);
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
  assertEquals(lockFile(path), { heldBy: Deno.pid });
  lock.release();
  assertEquals(await Deno.stat(path).catch(() => undefined), undefined);
  take(path).release();
});

Deno.test("a stale lock file does not count as a lock, whatever it contains", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("x.lock");
  await Deno.writeTextFile(path, "1\nlonger than a pid\n");
  const lock = take(path);
  assertEquals(await Deno.readTextFile(path), `${Deno.pid}\n`);
  lock.release();
});

Deno.test("a lock whose file was replaced reports it and leaves the new file alone", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("x.lock");
  const former = take(path);
  assertEquals(former.isInPlace(), true);
  await Deno.remove(path);
  assertEquals(former.isInPlace(), false);
  const present = take(path);
  former.release();
  assertEquals(present.isInPlace(), true);
  present.release();
});

Deno.test("a holder without a pid, or with the pid of a dead process, is not named", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("x.lock");
  const lock = take(path);
  for (const text of ["", "4194305\n", "nonsense"]) {
    await Deno.writeTextFile(path, text);
    assertEquals(lockFile(path), { heldBy: undefined });
  }
  lock.release();
});

Deno.test("a lock file that is a symlink is not read for its holder", async () => {
  await using sandbox = await makeSandbox();
  const [path, link] = [sandbox.path("x.lock"), sandbox.path("y.lock")];
  const lock = take(path);
  await Deno.symlink(path, link);
  assertEquals([lockHolder(path), lockHolder(link)], [Deno.pid, undefined]);
  lock.release();
});

Deno.test("a held lock is found while other processes keep taking and releasing locks", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeSandbox();
  // Several pages of the kernel's list, so that some are the first of a page.
  const locks = Array.from({ length: 150 }, (_, at) => take(sandbox.path(`${at}.lock`)));
  sandbox.defer(() => locks.forEach((lock) => lock.release()));
  const churn = `
    const file = Deno.openSync(Deno.args[0], { create: true, read: true, write: true });
    console.log("begun");
    for (;;) { file.lockSync(true); file.unlockSync(); }`;
  await Deno.writeTextFile(sandbox.path("churn.ts"), churn);
  for (const name of ["a", "b", "c"]) {
    const args = ["run", "--quiet", "--allow-all", "--no-config"];
    const child = new Deno.Command(Deno.execPath(), {
      args: [...args, sandbox.path("churn.ts"), sandbox.path(name)],
      stdout: "piped",
    }).spawn();
    sandbox.defer(async () => {
      child.kill("SIGKILL");
      await child.status;
    });
    const reader = child.stdout.getReader();
    await reader.read();
    sandbox.defer(() => reader.cancel());
  }
  for (let times = 0; times < 6; times++) {
    for (const { path } of locks) assertEquals(lockHolder(path), Deno.pid);
  }
});
