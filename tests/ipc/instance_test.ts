import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  callInstance,
  InstanceError,
  instanceEvents,
  type InstanceHandlers,
  serveInstance,
} from "../../src/ipc/mod.ts";
import { SessionctlError, workspaceSocketPath } from "../../src/mod.ts";
import { endListener, makeSandbox, type Sandbox, until } from "../support/mod.ts";

/** A workspace, with an application name under which only this test serves it. */
async function makeWorkspace(sandbox: Sandbox) {
  const workspace = sandbox.path("work");
  await Deno.mkdir(workspace);
  // The data directory is the process's; a unique name keeps parallel tests apart.
  const app = `sessionctl-test-${crypto.randomUUID().slice(0, 8)}`;
  const socketPath = await workspaceSocketPath(await Deno.realPath(workspace), { app });
  sandbox.defer(() =>
    Deno.remove(socketPath.replace(/\/[^/]*$/, ""), { recursive: true }).catch(() => {})
  );
  return { workspace, app, socketPath };
}

async function start(sandbox: Sandbox, handlers: InstanceHandlers = {}) {
  const made = await makeWorkspace(sandbox);
  const instance = await serveInstance(made.workspace, handlers, { app: made.app });
  sandbox.defer(() => instance.close());
  return { ...made, instance };
}

const call = (path: string, method: string, params?: unknown, timeoutMs = 5000) =>
  callInstance(path, method, params, { timeoutMs });

Deno.test("an instance listens privately at the path of its workspace, and names the workspace", async () => {
  await using sandbox = await makeSandbox();
  const { instance, socketPath, workspace } = await start(sandbox);
  assertEquals(instance.socketPath, socketPath);
  assertEquals((await Deno.lstat(socketPath)).mode! & 0o777, 0o600);
  assertEquals((await Deno.stat(socketPath.replace(/\/[^/]*$/, ""))).mode! & 0o777, 0o700);
  const health = await call(socketPath, "health") as Record<string, unknown>;
  assertEquals(health.status, "ok");
  assertEquals(health.workspace, await Deno.realPath(workspace));
  assertEquals(health.pid, Deno.pid);
  instance.close();
  assertEquals(await Deno.lstat(socketPath).catch(() => "gone"), "gone");
});

Deno.test("requests are parsed when they are split, joined, or 8 MiB long", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await start(sandbox, { echo: (params) => params });
  const big = "é".repeat(4 * 1024 * 1024);
  assertEquals(await call(socketPath, "echo", { big }), { big });

  const conn = await Deno.connect({ transport: "unix", path: socketPath });
  const text = '{"id":"1","method":"echo","params":"}\\""}{"id":2,"method":"echo","params":[2]}\n' +
    '{"id":"3","method":"nope"}\n\n{"method":"x"}\n';
  const answers = readLines(conn, 4);
  for (const byte of new TextEncoder().encode(text)) await conn.write(new Uint8Array([byte]));
  assertEquals((await answers).sort((a, b) => String(a.id).localeCompare(String(b.id))), [
    { id: "1", result: '}"' },
    { id: 2, result: [2] },
    { id: "3", error: { code: 404, message: "Unknown method: nope" } },
    { id: null, error: { code: 400, message: "a request needs an id and a method" } },
  ]);
  conn.close();
});

async function readLines(conn: Deno.Conn, count: number): Promise<Record<string, unknown>[]> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let text = "";
  for (let size; text.split("\n").length <= count && (size = await conn.read(buffer)) !== null;) {
    text += decoder.decode(buffer.subarray(0, size), { stream: true });
  }
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

Deno.test("a peer that shuts down its writing half still gets its answer", async () => {
  await using sandbox = await makeSandbox();
  const gate = Promise.withResolvers<string>();
  const { socketPath } = await start(sandbox, { late: () => gate.promise });
  const conn = await Deno.connect({ transport: "unix", path: socketPath });
  await conn.write(new TextEncoder().encode('{"id":"1","method":"late"}\n'));
  await conn.closeWrite();
  const answers = readLines(conn, 1);
  gate.resolve("done");
  assertEquals(await answers, [{ id: "1", result: "done" }]);
  conn.close();
});

Deno.test("an error of a method and a message that is not JSON are answered with an error", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await start(sandbox, {
    fail: () => {
      throw new RangeError("too far");
    },
    unsendable: () => ({ a: [() => {}] }),
    nothing: () => undefined,
  });
  const failed = await assertRejects(() => call(socketPath, "fail"), InstanceError, "too far");
  assertEquals([failed.code, failed.failure.code], ["REMOTE_ERROR", 500]);
  await assertRejects(
    () => call(socketPath, "unsendable"),
    InstanceError,
    "the result.a[0] is a function",
  );
  assertEquals(await call(socketPath, "nothing"), null);
  const unknown = await assertRejects(() => call(socketPath, "toString"), InstanceError);
  assertEquals(unknown.code, "METHOD_NOT_FOUND");

  const conn = await Deno.connect({ transport: "unix", path: socketPath });
  await conn.write(new TextEncoder().encode('{"id": oops}\n'));
  assertEquals(await readLines(conn, 1), [
    { id: null, error: { code: 400, message: "the message is not JSON" } },
  ]);
  assertEquals(await conn.read(new Uint8Array(1)), null);
  conn.close();
});

Deno.test("a call to an instance that is silent, gone or missing fails with its own error", async () => {
  await using sandbox = await makeSandbox();
  const aborted = Promise.withResolvers<void>();
  const { instance, socketPath } = await start(sandbox, {
    hang: (_, { signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      return new Promise(() => {});
    },
  });
  const codeOf = (calling: Promise<unknown>) => calling.then(() => "none", (error) => error.code);
  assertEquals(await codeOf(call(socketPath, "hang", {}, 50)), "TIMED_OUT");
  const controller = new AbortController();
  const cancelled = callInstance(socketPath, "hang", {}, {
    timeoutMs: 5000,
    signal: controller.signal,
  });
  controller.abort();
  assertEquals(await codeOf(cancelled), "CANCELLED");
  const hanging = codeOf(call(socketPath, "hang"));
  await call(socketPath, "health");
  instance.close();
  await aborted.promise;
  assertEquals(await hanging, "CONNECTION_CLOSED");
  assertEquals(await codeOf(call(socketPath, "health")), "SOCKET_MISSING");
});

Deno.test("an instance and its client may start in either order", async () => {
  await using sandbox = await makeSandbox();
  const { workspace, app, socketPath } = await makeWorkspace(sandbox);
  const early = callInstance(socketPath, "health", {}, { timeoutMs: 10_000, waitForStart: true });
  await assertRejects(() => call(socketPath, "health"), SessionctlError, "no such socket");
  using _instance = await serveInstance(workspace, {}, { app });
  assertEquals((await early as { status: string }).status, "ok");
});

Deno.test("a stale socket is replaced, a live one never, and only one of two simultaneous starts succeeds", async () => {
  await using sandbox = await makeSandbox();
  const { workspace, app, socketPath } = await makeWorkspace(sandbox);
  await Deno.mkdir(socketPath.replace(/\/[^/]*$/, ""), { recursive: true, mode: 0o700 });
  const startHere = () => serveInstance(workspace, {}, { app });
  const codeOf = (error: SessionctlError) => error.code;

  // Another program, which takes no lock.
  const other = Deno.listen({ transport: "unix", path: socketPath });
  assertEquals(await startHere().then(() => "none", codeOf), "ADDRESS_IN_USE");
  // It ends without cleaning up: closing would unlink the file, so the file is moved aside.
  await Deno.rename(socketPath, `${socketPath}.stale`);
  endListener(other);
  await Deno.rename(`${socketPath}.stale`, socketPath).catch(() => {});

  const outcomes = await Promise.all(
    [startHere(), startHere(), startHere()].map((starting) => starting.catch(codeOf)),
  );
  const winners = outcomes.filter((outcome) => typeof outcome !== "string");
  assertEquals(winners.length, 1);
  assertEquals(outcomes.filter((outcome) => outcome === "ADDRESS_IN_USE").length, 2);
  assertEquals((await call(socketPath, "health") as { status: string }).status, "ok");
  for (const winner of winners) winner.close();
  using _again = await startHere();
});

Deno.test("events are pushed only to the peers that subscribed", async () => {
  await using sandbox = await makeSandbox();
  const { instance, socketPath } = await start(sandbox);
  const stop = new AbortController();
  const heard: unknown[] = [];
  const listen = async () => {
    for await (const event of instanceEvents(socketPath, { signal: stop.signal })) {
      heard.push(event);
    }
  };
  const listening = listen();
  const silent = await Deno.connect({ transport: "unix", path: socketPath });
  await until("it is subscribed", () => instance.subscribers === 1);
  instance.push("saved", { file: "a.ts" });
  instance.push("closed");
  await until("both are here", () => heard.length === 2);
  assertEquals(heard, [
    { event: "saved", data: { file: "a.ts" } },
    { event: "closed", data: undefined },
  ]);
  await silent.write(new TextEncoder().encode('{"id":"1","method":"health"}\n'));
  assertEquals((await readLines(silent, 1))[0]!.id, "1");
  silent.close();
  stop.abort();
  await listening;
  await until("nobody is subscribed", () => instance.subscribers === 0);
});

Deno.test("a subscriber that does not read is told how many events it lost", async () => {
  await using sandbox = await makeSandbox();
  const { instance, socketPath } = await start(sandbox);
  const conn = await Deno.connect({ transport: "unix", path: socketPath });
  await conn.write(new TextEncoder().encode('{"id":"1","method":"subscribe"}\n'));
  await until("it is subscribed", () => instance.subscribers === 1);
  const EVENTS = 5000;
  for (let i = 0; i < EVENTS; i++) {
    instance.push("tick", "x".repeat(1000));
    if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let text = "";
  while (!text.includes('"lost":')) {
    text += decoder.decode(buffer.subarray(0, (await conn.read(buffer))!));
  }
  conn.close();
  const lines = text.trim().split("\n");
  const { event, data } = JSON.parse(lines.at(-1)!);
  assertEquals(event, "lost");
  // One line is the answer to "subscribe", another the notice itself.
  assertEquals(lines.length - 2 + data.lost, EVENTS);
  assert(data.lost > 0);
});

Deno.test("tjx666/vscode-mcp's protocol is supported: no newline after the answer, its own ids", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("mcp.sock");
  const listener = Deno.listen({ transport: "unix", path });
  const serve = async () => {
    for await (const conn of listener) {
      const buffer = new Uint8Array(65536);
      const count = await conn.read(buffer);
      const { id, method } = JSON.parse(new TextDecoder().decode(buffer.subarray(0, count!)));
      const answer = method === "health"
        ? { id, result: { status: "ok", extension_version: "4" } }
        : { id: "unknown", error: { code: 500, message: "Internal server error", details: "no" } };
      await conn.write(new TextEncoder().encode(JSON.stringify(answer)));
      sandbox.defer(() => conn.close());
    }
  };
  const serving = serve();
  assertEquals(await call(path, "health"), { status: "ok", extension_version: "4" });
  const error = await assertRejects(() => call(path, "other"), InstanceError);
  assertStringIncludes(error.message, "Internal server error");
  assertEquals(error.hint, "no");
  listener.close();
  await serving;
});

Deno.test("an error of a handler reaches its client as text, with the code and hint of our errors", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await start(sandbox, {
    ours: () => {
      throw new SessionctlError("NOT_FOUND", "no such file", { hint: "make it first" });
    },
    bare: () => {
      throw new SessionctlError("NOT_FOUND", "no such file");
    },
    other: () => {
      throw new RangeError("too far");
    },
    object: () => Promise.reject({ code: 7 }),
  });
  const failureOf = async (method: string) =>
    (await assertRejects(() => call(socketPath, method), InstanceError)).failure;
  const failed = { code: 500, message: "no such file" };
  assertEquals(await failureOf("ours"), { ...failed, details: "NOT_FOUND: make it first" });
  assertEquals(await failureOf("bare"), { ...failed, details: "NOT_FOUND" });
  assertEquals(await failureOf("other"), { code: 500, message: "too far", details: "RangeError" });
  assertEquals(await failureOf("object"), { code: 500, message: '{"code":7}' });
});
