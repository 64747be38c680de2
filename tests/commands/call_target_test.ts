/** The targets that `call` asks, and those that it must not ask. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { callChannel } from "../../src/commands/call/channel.ts";
import { callWorkspace, instanceAt, listenToInstance } from "../../src/commands/call/instance.ts";
import { serveInstance } from "../../src/mod.ts";
import { SessionctlError } from "../../src/errors.ts";
import { RegistryClient } from "../../src/registry/mod.ts";
import { hubSocketPath } from "../../src/registry/paths.ts";
import { startTestRegistry } from "../registry/http_support.ts";
import { makeSandbox, run, type Sandbox } from "../support/mod.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

/** Giving files away requires root. */
const asRoot = { ignore: Deno.uid() !== 0 };

const request = (name: string, channel?: string) => ({
  channel,
  name,
  arg: {},
  timeoutMs: Infinity,
});

/** A socket of another user that detects any connection. */
async function foreignSocket(sandbox: Sandbox): Promise<string> {
  const path = sandbox.path("foreign.sock");
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  await Deno.chown(path, 12345, 12345);
  return path;
}

Deno.test(
  "no message is sent to another user's socket, be it an instance's, a channel server's or the hub's",
  asRoot,
  async () => {
    await using sandbox = await makeSandbox();
    const path = await foreignSocket(sandbox);
    const target = { socket: undefined, session: undefined, to: path };
    const foreign = (error: unknown) =>
      assertEquals((error as SessionctlError).code, "FOREIGN_OWNER", String(error));
    foreign(assertThrows(() => instanceAt(path)));
    // No timer remains after it.
    const limited = { ...request("method", "channel"), timeoutMs: 60_000 };
    foreign(await assertRejects(() => callChannel(target, limited)));
    const { socketPath } = await startTestRegistry(sandbox);
    await Deno.remove(hubSocketPath(socketPath));
    await Deno.rename(path, hubSocketPath(socketPath));
    foreign(await assertRejects(() => new RegistryClient({ socket: socketPath }).connectHub("x")));
  },
);

/** An instance with a unique name, in this process. */
async function startInstance(sandbox: Sandbox) {
  const app = `sessionctl-test-${crypto.randomUUID().slice(0, 8)}`;
  const instance = await serveInstance(sandbox.directory, { echo: (params) => params }, { app });
  sandbox.defer(async () => {
    instance.close();
    await Deno.remove(instance.socketPath.replace(/\/[^/]*$/, ""), { recursive: true });
  });
  return instance;
}

Deno.test("an instance of another workspace with the same hash is not asked", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath, workspace } = await startInstance(sandbox);
  const target = { ...instanceAt(socketPath), workspace };
  assertEquals(await callWorkspace(target, request("echo")), {});
  await assertRejects(
    () => callWorkspace({ ...target, workspace: `${workspace}/other` }, request("echo")),
    SessionctlError,
    `belongs to another workspace: ${workspace}`,
  );
});

Deno.test("only the requested events of an instance are printed", async () => {
  await using sandbox = await makeSandbox();
  const instance = await startInstance(sandbox);
  const seen: unknown[] = [];
  const ended = Promise.withResolvers<void>();
  const pushing = setInterval(() => {
    instance.push("other", "wrong");
    instance.push("tick", seen.length);
  }, 5);
  const listening = listenToInstance(instanceAt(instance.socketPath), request("tick"), (value) => {
    if (seen.push(value) === 3) ended.resolve();
  });
  await ended.promise;
  clearInterval(pushing);
  instance.close();
  await assertRejects(() => listening, SessionctlError, "ended before it answered");
  assertEquals(seen.includes("wrong"), false);
});

Deno.test("an operand that begins like JSON is the argument and must be JSON; a single word is the method", async () => {
  await using sandbox = await makeSandbox();
  const call = (...args: string[]) => run(shared, sandbox, { args: ["call", ...args] });
  const broken = await call("registry", '{"a"');
  assertEquals(broken.code, 2);
  assertStringIncludes(broken.stderr, 'the argument is not JSON: "{\\"a\\""');
  const lone = await call("--to", sandbox.path("none.sock"), "42");
  assertEquals(lone.code, 1);
  assertStringIncludes(lone.stderr, "there is no socket");
});
