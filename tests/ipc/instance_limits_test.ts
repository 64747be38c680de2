/** Limits between an instance and its peers: memory, requests, time, and unexpected messages. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type ByteStream,
  callInstance,
  type InstanceHandlers,
  serveInstance,
  type ServeInstanceOptions,
} from "../../src/ipc/mod.ts";
import { LineConnection } from "../../src/ipc/instance/line_connection.ts";
import { makeSandbox, type Sandbox, until } from "../support/mod.ts";

const PATIENCE_MS = 20_000;

async function start(
  sandbox: Sandbox,
  handlers: InstanceHandlers,
  limits: ServeInstanceOptions["limits"] = {},
) {
  const workspace = sandbox.path("work");
  await Deno.mkdir(workspace);
  // The data directory is the process's; a unique name keeps parallel tests apart.
  const app = `sessionctl-test-${crypto.randomUUID().slice(0, 8)}`;
  const instance = await serveInstance(workspace, handlers, { app, limits });
  sandbox.defer(async () => {
    instance.close();
    await Deno.remove(instance.socketPath.replace(/\/[^/]*$/, ""), { recursive: true });
  });
  return instance;
}

async function connect(sandbox: Sandbox, path: string): Promise<Deno.UnixConn> {
  const conn = await Deno.connect({ transport: "unix", path });
  sandbox.defer(() => conn.close());
  return conn;
}

async function say(conn: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** Reads until the end, or until the text matches `pattern`. */
async function hear(conn: Deno.Conn, pattern?: RegExp): Promise<string> {
  const buffer = new Uint8Array(64 * 1024);
  const decoder = new TextDecoder();
  let text = "";
  while (!pattern?.test(text)) {
    const count = await deadline(conn.read(buffer), PATIENCE_MS);
    if (count === null) break;
    text += decoder.decode(buffer.subarray(0, count));
  }
  return text;
}

Deno.test("a peer that has ended its side still gets an answer", async () => {
  await using sandbox = await makeSandbox();
  const gate = Promise.withResolvers<string>();
  const called = Promise.withResolvers<void>();
  const { socketPath } = await start(sandbox, {
    late() {
      called.resolve();
      return gate.promise;
    },
  });
  const conn = await connect(sandbox, socketPath);
  await say(conn, '{"id":1,"method":"late"}\n');
  await conn.closeWrite();
  await called.promise;
  // By then the instance has read to the end.
  for (let i = 0; i < 5; i++) {
    await callInstance(socketPath, "health", {}, { timeoutMs: PATIENCE_MS });
  }
  gate.resolve("done");
  assertEquals(await hear(conn), '{"id":1,"result":"done"}\n');
});

Deno.test("requests beyond 1,000 at once are refused with 429, and the others are answered", async () => {
  await using sandbox = await makeSandbox();
  const gate = Promise.withResolvers<void>();
  const { socketPath } = await start(sandbox, { wait: () => gate.promise });
  const conn = await connect(sandbox, socketPath);
  for (let id = 1; id <= 1001; id++) await say(conn, `{"id":${id},"method":"wait"}\n`);
  assertEquals(
    await hear(conn, /\n/),
    '{"id":1001,"error":{"code":429,"message":"too many requests at once"}}\n',
  );
  gate.resolve();
  await conn.closeWrite();
  assertEquals((await hear(conn)).trim().split("\n").length, 1000);
});

Deno.test("a silent peer is disconnected", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await start(sandbox, {}, { idleMs: 50 });
  assertEquals(await hear(await connect(sandbox, socketPath)), "");
});

Deno.test("a peer that stops in the middle of a request is disconnected", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await start(sandbox, {}, { stallMs: 50 });
  const conn = await connect(sandbox, socketPath);
  await say(conn, '{"id":1,"met');
  assertEquals(await hear(conn), "");
});

Deno.test("a peer that waits for events or for an answer may be silent for longer", async () => {
  await using sandbox = await makeSandbox();
  const gate = Promise.withResolvers<void>();
  // Long enough for both to send their requests on a busy machine.
  const instance = await start(sandbox, { wait: () => gate.promise }, { idleMs: 1000 });
  const subscriber = await connect(sandbox, instance.socketPath);
  await say(subscriber, '{"id":1,"method":"subscribe"}\n');
  const caller = await connect(sandbox, instance.socketPath);
  await say(caller, '{"id":1,"method":"wait"}\n');
  // An idle peer that connected later is disconnected first.
  assertEquals(await hear(await connect(sandbox, instance.socketPath)), "");
  gate.resolve();
  assertEquals(await hear(caller, /\n/), '{"id":1,"result":null}\n');
  instance.push("tick");
  assert((await hear(subscriber, /tick/)).endsWith('{"event":"tick"}\n'));
});

Deno.test("a peer that sends requests without reading gets no further answers until it reads", async () => {
  await using sandbox = await makeSandbox();
  const CALLS = 2000;
  let called = 0;
  const big = () => {
    called++;
    return "x".repeat(10_000);
  };
  const { socketPath } = await start(sandbox, { big }, { pauseBytes: 64 * 1024 });
  const conn = await connect(sandbox, socketPath);
  const request = (id: number) => `{"id":${id},"method":"big","params":"${"y".repeat(1000)}"}\n`;
  const asking = say(conn, Array.from({ length: CALLS }, (_, id) => request(id)).join(""));
  await until("some are answered", () => called > 0);
  for (let i = 0; i < 100; i++) {
    await callInstance(socketPath, "health", {}, { timeoutMs: PATIENCE_MS });
  }
  assertLess(called, CALLS / 2);
  const hearing = hear(conn);
  await asking;
  await conn.closeWrite();
  assertEquals((await hearing).trim().split("\n").length, CALLS);
});

Deno.test("no event comes between the lost ones and the report of the loss", async () => {
  const written: string[] = [];
  let release = Promise.withResolvers<void>();
  const stream: ByteStream = {
    read: () => new Promise(() => {}),
    async write(bytes) {
      await release.promise;
      written.push(JSON.parse(new TextDecoder().decode(bytes)).event);
    },
    close: () => {},
  };
  const event = (name: string) =>
    new TextEncoder().encode(JSON.stringify({ event: name, data: "x".repeat(100) }));
  const connection = new LineConnection(stream, {
    messageBytes: 1000,
    stallMs: PATIENCE_MS,
    idleMs: PATIENCE_MS,
    eventBytes: 250,
    pauseBytes: 1000,
  });
  // The third is over the limit, so the fourth is lost.
  for (const name of ["1", "2", "3", "lost 1"]) connection.sendEvent(event(name));
  release.resolve();
  release = Promise.withResolvers();
  await until("there is room again", () => written.length === 1);
  connection.sendEvent(event("lost 2"));
  release.resolve();
  await until("all is said", () => written.includes("lost"));
  connection.sendEvent(event("5"));
  await until("the next is said", () => written.includes("5"));
  assertEquals(written, ["1", "2", "3", "lost", "5"]);
  connection.close();
});

Deno.test("other messages of an instance do not count as the answer", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("talks.sock");
  const listener = Deno.listen({ transport: "unix", path });
  const serve = async () => {
    const conn = await listener.accept();
    const buffer = new Uint8Array(65536);
    const count = await conn.read(buffer);
    const { id } = JSON.parse(new TextDecoder().decode(buffer.subarray(0, count!)));
    const said = [{ event: "saved", data: 1 }, { id: "another", result: 2 }, { id, result: 3 }];
    await conn.write(
      new TextEncoder().encode(said.map((one) => `${JSON.stringify(one)}\n`).join("")),
    );
    sandbox.defer(() => conn.close());
  };
  const serving = serve();
  assertEquals(await callInstance(path, "x", {}, { timeoutMs: PATIENCE_MS }), 3);
  await serving;
  listener.close();
});
