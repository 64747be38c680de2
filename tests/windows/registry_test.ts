import { assertEquals, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, spawn, until } from "../support/mod.ts";
import { sessionctl, startPipeEditor, startRegistry, testOnWindows } from "./support.ts";

testOnWindows("the registry serves on the user's pipe, and keeps its sessions", async () => {
  await using sandbox = await makeSandbox();
  const pipe = await startRegistry(sandbox);
  assertStringIncludes(pipe, "\\\\.\\pipe\\sessionctl-registry-");
  const editor = await startPipeEditor(sandbox);
  const added = await sessionctl(sandbox, ["add", editor.path, sandbox.path("api")]);
  assertEquals(added.code, 0, added.stderr);
  const list = async () => JSON.parse((await sessionctl(sandbox, ["list", "--json"])).stdout);
  const [session] = await list();
  assertEquals([session.socketPath, session.liveness], [editor.path, "live"]);
  const status = JSON.parse((await sessionctl(sandbox, ["status", "--json"])).stdout);
  assertEquals([status.sessions, status.ipcSocket], [1, `${pipe}-hub`]);
  const stopped = await sessionctl(sandbox, ["stop"]);
  assertEquals(stopped.code, 0, stopped.stderr);
  assertEquals((await sessionctl(sandbox, ["status"])).code, 3);
  await startRegistry(sandbox);
  assertEquals((await list()).length, 1);
  const removed = await sessionctl(sandbox, ["remove", editor.path]);
  assertEquals(removed.code, 0, removed.stderr);
  assertEquals(await list(), []);
});

testOnWindows("of several servers that start simultaneously on one pipe, one wins", async () => {
  await using sandbox = await makeSandbox();
  sandbox.defer(async () => void await sessionctl(sandbox, ["stop", "--kill"]));
  const servers = Array.from({ length: 4 }, () => spawn(sandbox, compiled.command, ["serve"]));
  await until("one listens", () => servers.some(({ lines }) => lines.length > 0));
  await until("the others have ended", async () => {
    const ended = await Promise.all(
      servers.map(({ ended }) => Promise.race([ended, Promise.resolve(undefined)])),
    );
    return ended.filter((code) => code !== undefined).length === 3;
  });
  const losers = servers.filter(({ lines }) => lines.length === 0);
  assertEquals(losers.length, 3);
  for (const { errors } of losers) assertStringIncludes(errors.join("\n"), "already running");
  assertEquals((await sessionctl(sandbox, ["list"])).code, 0);
});

testOnWindows("a new registry can start after one that was killed", async () => {
  await using sandbox = await makeSandbox();
  await startRegistry(sandbox);
  const editor = await startPipeEditor(sandbox);
  await sessionctl(sandbox, ["add", editor.path, sandbox.path("api")]);
  const { pid } = JSON.parse((await sessionctl(sandbox, ["status", "--json"])).stdout);
  Deno.kill(pid, "SIGKILL");
  await startRegistry(sandbox);
  const sessions = JSON.parse((await sessionctl(sandbox, ["list", "--json"])).stdout);
  assertEquals(sessions.length, 1);
});

testOnWindows("watch prints the windows as they come and go", async () => {
  await using sandbox = await makeSandbox();
  await startRegistry(sandbox);
  const editor = await startPipeEditor(sandbox);
  const watch = spawn(sandbox, compiled.command, ["watch", "--json"]);
  const add = () => sessionctl(sandbox, ["add", editor.path, sandbox.path("api")]);
  await until("the window is told", async () => {
    if (watch.lines.length === 0) await add();
    return watch.lines.length > 0;
  });
  assertEquals(JSON.parse(watch.lines[0]!).session.socketPath, editor.path);
  await sessionctl(sandbox, ["remove", editor.path]);
  await until("it is gone", () => watch.lines.some((line) => JSON.parse(line).type === "removed"));
});

testOnWindows("many concurrent clients are served, one after the other if necessary", async () => {
  await using sandbox = await makeSandbox();
  const socket = await startRegistry(sandbox);
  const { RegistryClient } = await import("../../src/registry/mod.ts");
  const asked = Array.from({ length: 60 }, () => new RegistryClient({ socket }).health());
  const pids = new Set((await Promise.all(asked)).map(({ pid }) => pid));
  assertEquals(pids.size, 1);
});
