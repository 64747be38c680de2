import { assertEquals, assertStringIncludes } from "@std/assert";
import { serveChannels, serveInstance } from "../../src/ipc/mod.ts";
import { makeSandbox } from "../support/mod.ts";
import { pipeName, sessionctl, testOnWindows } from "./support.ts";

testOnWindows("an instance serves on the pipe that path prints, and call reaches it", async () => {
  await using sandbox = await makeSandbox();
  const folder = sandbox.path("api");
  await Deno.mkdir(folder);
  using instance = await serveInstance(folder, { double: (value) => [value, value] });
  const printed = await sessionctl(sandbox, ["path", folder.toLowerCase()]);
  assertEquals(printed.stdout.trim(), instance.socketPath);
  const call = (...args: string[]) => sessionctl(sandbox, ["call", "--workspace", folder, ...args]);
  const doubled = await call("double", "2");
  assertEquals(JSON.parse(doubled.stdout), [2, 2], doubled.stderr);
  const unknown = await call("nothing");
  assertStringIncludes(unknown.stderr, 'the instance has no method "nothing"');
});

testOnWindows("open hands a file to the instance of its folder", async () => {
  await using sandbox = await makeSandbox();
  const folder = sandbox.path("api");
  await Deno.mkdir(folder);
  const opened: unknown[] = [];
  using _instance = await serveInstance(folder, { open: (message) => void opened.push(message) });
  const { code, stderr } = await sessionctl(sandbox, ["open", "new.ts:4"], { cwd: folder });
  assertEquals([code, opened.length], [0, 1], stderr);
  const [uri] = (opened[0] as { fileURIs: string[] }).fileURIs;
  assertStringIncludes(uri!, "/api/new.ts:4");
});

testOnWindows("call reaches a channel on a pipe", async () => {
  await using sandbox = await makeSandbox();
  const path = pipeName("channels");
  using _listener = await serveChannels(path, (peer) => {
    peer.registerChannel("greeter", {
      call: () => Promise.resolve("Hello"),
      listen: () => {
        throw new Error("no events");
      },
    } as never);
  });
  const called = await sessionctl(sandbox, ["call", "--to", path, "greeter", "greet", '"ann"']);
  assertEquals(called.stdout.trim(), "Hello", called.stderr);
});
