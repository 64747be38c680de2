/** Which window owns the socket of a folder that several windows have open. */
import { assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { callInstance, serveInstance } from "../../src/ipc/mod.ts";
import { type Sandbox, until } from "../support/mod.ts";
import { type ExtensionHost, extensionSandbox, instancePath, startHost } from "./support/mod.ts";

/** The pid of the process that answers at the folder's path; 0 if none does. */
async function ownerOf(path: string): Promise<number> {
  try {
    const health = await callInstance(path, "health", {}, { timeoutMs: 5000 });
    return (health as { pid: number }).pid;
  } catch {
    return 0;
  }
}

function untilOwner(path: string, host: ExtensionHost, what: string): Promise<void> {
  return until(what, async () => await ownerOf(path) === host.pid, 20_000, 50);
}

async function scene(sandbox: Sandbox) {
  const folder = await Deno.realPath(sandbox.path("home"));
  const path = await instancePath(sandbox, folder);
  const open = (focused: boolean) =>
    startHost(sandbox, { calls: [["folders", [folder]], ["focus", focused]] });
  return { folder, path, open };
}

Deno.test("the window that was focused last has the folder's socket", async () => {
  await using sandbox = await extensionSandbox();
  const { path, open } = await scene(sandbox);
  const first = await open(true);
  await untilOwner(path, first, "the first window has the path");
  await first.control("focus", false);
  const second = await open(true);
  await untilOwner(path, second, "the second window has the path");
  await second.control("focus", false);
  await first.control("focus", true);
  await untilOwner(path, first, "the first window has the path again");
});

Deno.test("a window without the focus leaves the folder's socket to the one that has it", async () => {
  await using sandbox = await extensionSandbox();
  const { path, open } = await scene(sandbox);
  const first = await open(true);
  await untilOwner(path, first, "the first window has the path");
  const second = await open(false);
  const names = () => [...Deno.readDirSync(dirname(path))].length;
  await until("the second window listens", () => names() === 5);
  assertEquals(await ownerOf(path), first.pid);
  await first.deactivate();
  await untilOwner(path, second, "the second window has the path once the first has closed");
});

Deno.test("when the owner closes, the window that was focused last takes over the socket", async () => {
  await using sandbox = await extensionSandbox();
  const { path, open } = await scene(sandbox);
  const hosts: ExtensionHost[] = [];
  for (let at = 0; at < 3; at++) {
    for (const host of hosts) await host.control("focus", false);
    hosts.push(await open(true));
    await untilOwner(path, hosts[at]!, `window ${at} has the path`);
  }
  const [first, second, third] = hosts as [ExtensionHost, ExtensionHost, ExtensionHost];
  await third.kill();
  await untilOwner(path, second, "the second window has the path once the third was killed");
  await second.deactivate();
  await untilOwner(path, first, "the first window has the path once the second has closed");
});

Deno.test("a window without a page loses the folder's socket to one that has a page", async () => {
  await using sandbox = await extensionSandbox();
  const { path, open } = await scene(sandbox);
  const ghost = await open(true);
  await untilOwner(path, ghost, "the window has the path");
  // Its browser was killed: it does not learn of that, and believes that it has the focus.
  await ghost.control("page", false);
  const health = await callInstance(path, "health", {}, { timeoutMs: 5000 });
  assertEquals((health as { ghost: boolean }).ghost, true);
  const live = await open(false);
  await untilOwner(path, live, "the window with a page has the path");
});

Deno.test("the sockets that killed windows left are replaced and removed", async () => {
  await using sandbox = await extensionSandbox();
  const { path, open } = await scene(sandbox);
  const killed = await open(true);
  await untilOwner(path, killed, "the window has the path");
  await killed.kill();
  const next = await open(false);
  await untilOwner(path, next, "the next window has the path");
  await until(
    "only the next window's files are left",
    () => [...Deno.readDirSync(dirname(path))].length === 3,
  );
});

Deno.test("a live instance of another program keeps the folder's socket until it ends", async () => {
  await using sandbox = await extensionSandbox();
  const { folder, path, open } = await scene(sandbox);
  const before = Deno.env.get("XDG_DATA_HOME");
  Deno.env.set("XDG_DATA_HOME", sandbox.path("home/.local/share"));
  const instance = await serveInstance(folder, {});
  if (before === undefined) Deno.env.delete("XDG_DATA_HOME");
  else Deno.env.set("XDG_DATA_HOME", before);
  try {
    assertEquals(instance.socketPath, path);
    const host = await open(true);
    await until(
      "the window is subscribed to the instance",
      () => instance.subscribers === 1,
    );
    assertEquals(await ownerOf(path), Deno.pid);
    instance.close();
    await untilOwner(path, host, "the window has the path");
  } finally {
    instance.close();
  }
});

Deno.test("a folder that is added gets a socket, and one that is removed loses it", async () => {
  await using sandbox = await extensionSandbox();
  const { folder, path, open } = await scene(sandbox);
  const other = await Deno.realPath(sandbox.path("tmp"));
  const otherPath = await instancePath(sandbox, other);
  const host = await open(true);
  await untilOwner(path, host, "the window has the first folder's path");
  await host.control("folders", [folder, other]);
  await untilOwner(otherPath, host, "the window has the second folder's path");
  await host.control("folders", [other]);
  await until("the first folder's path is gone", async () => await ownerOf(path) === 0);
});
