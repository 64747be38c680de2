import { assert, assertEquals } from "@std/assert";
import { type FileLock, lockFile, lockHolder } from "../../src/platform/mod.ts";
import { makeSandbox } from "../support/mod.ts";

function take(path: string): FileLock {
  const lock = lockFile(path);
  assert("release" in lock);
  return lock;
}

Deno.test("a lock is held once, names its holder, and goes with its file", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("x.lock");
  const lock = take(path);
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
  assertEquals(lockFile(path), { heldBy: Deno.pid });
  lock.release();
  assertEquals(await Deno.stat(path).catch(() => undefined), undefined);
  take(path).release();
});

Deno.test("a lock file left behind means nothing, whatever is in it", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("x.lock");
  await Deno.writeTextFile(path, "1\nlonger than a pid\n");
  const lock = take(path);
  assertEquals(await Deno.readTextFile(path), `${Deno.pid}\n`);
  lock.release();
});

Deno.test("a lock whose file was replaced is out of place, and leaves the other alone", async () => {
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

Deno.test("a holder that has not written its pid, or a dead one's, is not named", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("x.lock");
  const lock = take(path);
  for (const text of ["", "4194305\n", "nonsense"]) {
    await Deno.writeTextFile(path, text);
    assertEquals(lockFile(path), { heldBy: undefined });
  }
  lock.release();
});

Deno.test("a holder is not looked for behind a link, which may be another user's", async () => {
  await using sandbox = await makeSandbox();
  const [path, link] = [sandbox.path("x.lock"), sandbox.path("y.lock")];
  const lock = take(path);
  await Deno.symlink(path, link);
  assertEquals([lockHolder(path), lockHolder(link)], [Deno.pid, undefined]);
  lock.release();
});

Deno.test("a held lock is seen while other processes take and release locks all the time", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeSandbox();
  const lock = take(sandbox.path("x.lock"));
  sandbox.defer(() => lock.release());
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
  for (let times = 0; times < 3000; times++) assertEquals(lockHolder(lock.path), Deno.pid);
});
