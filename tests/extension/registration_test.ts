import { assertEquals, assertMatch } from "@std/assert";
import {
  extensionSandbox,
  remoteWindow,
  sessions,
  startRegistry,
  untilSession,
} from "./support/mod.ts";

Deno.test("the extension registers its window with folders, focus and identity", async () => {
  await using sandbox = await extensionSandbox();
  await startRegistry(sandbox);
  const before = Date.now();
  await remoteWindow(sandbox);
  await untilSession(sandbox, "the window is registered", (session) => session !== undefined);
  const [session] = await sessions(sandbox);
  assertMatch(String(session!.windowId), /^[0-9a-f]{32}$/);
  assertEquals(session!.socketPath, sandbox.path("run/vscode-ipc-1.sock"));
  assertEquals(session!.source, "companion");
  assertEquals(session!.kind, "code-server");
  assertEquals(session!.companion, "0.1.0");
  assertEquals(session!.remoteName, "localhost:8080");
  const { folders } = session!.workspace as { folders: unknown };
  assertEquals(folders, [{ uri: `file://${sandbox.directory}` }]);
  assertEquals(session!.focused, true);
  assertEquals(Number(session!.focusedAt) >= before, true);
});

Deno.test("the extension tells the registry of new folders and of the focus", async () => {
  await using sandbox = await extensionSandbox();
  await startRegistry(sandbox);
  const host = await remoteWindow(sandbox, false);
  await untilSession(sandbox, "the window is registered", (session) => session !== undefined);
  await host.control("focus", true);
  await untilSession(sandbox, "it has the focus", (session) => session?.focused === true);
  await host.control("folders", [sandbox.path("home"), sandbox.path("tmp")]);
  await untilSession(sandbox, "it has two folders", (session) => {
    const { folders } = session!.workspace as { folders: { uri: string }[] };
    return folders.length === 2 && folders[1]!.uri === `file://${sandbox.path("tmp")}`;
  });
  await host.control("focus", false);
  await untilSession(sandbox, "it has lost the focus", (session) => !session?.focused);
});

Deno.test("a window whose page has gone loses the focus within 5 s, and has it again with its page", async () => {
  await using sandbox = await extensionSandbox();
  await startRegistry(sandbox);
  const host = await remoteWindow(sandbox);
  await untilSession(sandbox, "it has the focus", (session) => session?.focused === true);
  await host.control("page", false);
  const gone = Date.now();
  const since = await host.passedMs();
  await untilSession(sandbox, "it has lost the focus", (session) => !session?.focused);
  const milliseconds = await host.passedMs() - since;
  assertEquals(milliseconds < 5000, true, `it took ${milliseconds} ms`);
  const [session] = await sessions(sandbox);
  assertEquals(Number(session!.focusedAt) <= gone, true, "its page was there until then");
  await host.control("page", true);
  await untilSession(sandbox, "it has the focus again", (session) => session?.focused === true);
});

Deno.test("the extension unregisters its window when the window closes", async () => {
  await using sandbox = await extensionSandbox();
  await startRegistry(sandbox);
  const host = await remoteWindow(sandbox);
  await untilSession(sandbox, "the window is registered", (session) => session !== undefined);
  await host.deactivate();
  assertEquals(await sessions(sandbox), []);
});

Deno.test("the extension registers when the registry starts later, and again after its end", async () => {
  await using sandbox = await extensionSandbox();
  const host = await remoteWindow(sandbox);
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    // Without a state file, the registry only knows what it is told again.
    await Deno.remove(sandbox.path("registry.db")).catch(() => {});
    const registry = await startRegistry(sandbox);
    const started = await host.passedMs();
    await untilSession(sandbox, "the window is registered", (session) => session !== undefined);
    const milliseconds = await host.passedMs() - started;
    assertEquals(milliseconds < 5000, true, `it took ${milliseconds} ms`);
    await registry.stop(signal);
  }
});

Deno.test("loading and activating the extension take less than 20 ms of the processor", async () => {
  await using sandbox = await extensionSandbox();
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const host = await remoteWindow(sandbox);
    times.push(host.activationMs);
    await host.deactivate();
  }
  // The smallest time, because other load of the machine only adds to it.
  assertEquals(Math.min(...times) < 20, true, `${times.join(", ")} ms`);
});

Deno.test("a window that closes while it is being registered is not registered", async () => {
  await using sandbox = await extensionSandbox();
  await startRegistry(sandbox);
  for (let round = 0; round < 5; round++) {
    const host = await remoteWindow(sandbox);
    await host.deactivate();
    assertEquals(await sessions(sandbox), []);
  }
});
