import { assert, assertEquals } from "@std/assert";
import {
  callInstance,
  connectChannels,
  registryChannel,
  serveInstance,
} from "../../src/ipc/mod.ts";
import { JsonLineSplitter } from "../../src/ipc/instance/json_lines.ts";
import { FRAME_HEADER_BYTES, VSBuffer } from "../../src/ipc/wire/wire.ts";
import { WireReader } from "../../src/ipc/wire/wire_reader.ts";
import { WireWriter } from "../../src/ipc/wire/wire_writer.ts";
import { SessionctlError } from "../../src/mod.ts";
import { startHub } from "../ipc/support.ts";
import { fuzzSeed, makeSandbox, seeded, tally, until } from "../support/mod.ts";

const SEED = fuzzSeed(20_260_218);

function frame(bytes: Uint8Array, type = 1): Uint8Array {
  const framed = new Uint8Array(FRAME_HEADER_BYTES + bytes.length);
  framed[0] = type;
  new DataView(framed.buffer).setUint32(9, bytes.length);
  framed.set(bytes, FRAME_HEADER_BYTES);
  return framed;
}

/** The beginning of a valid conversation of a client. */
function conversation(): Uint8Array {
  const writer = new WireWriter(1 << 20);
  const send = (fill: () => void) => {
    writer.begin();
    fill();
    writer.end();
  };
  send(() => writer.value("fuzz"));
  send(() => (writer.header(200), writer.value(undefined)));
  send(() => (writer.header(100, 0, "registry", "list"), writer.value(undefined)));
  send(() => (writer.header(102, 1, "registry", "onDidChangeSessions"), writer.value([{}])));
  send(() => (writer.header(100, 2, "registry", "find"), writer.value(["/a", { b: [1] }])));
  send(() => (writer.header(100, 3, "x@/y", "z"), writer.value(new VSBuffer(new Uint8Array(9)))));
  send(() => (writer.header(103, 1), writer.value(undefined)));
  return writer.take().slice();
}

Deno.test("random and mutated frames neither crash nor hang the hub, nor affect other clients", async () => {
  await using sandbox = await makeSandbox();
  const { hub, socketPath } = await startHub(sandbox);
  const bystander = await connectChannels(socketPath, "bystander");
  sandbox.defer(() => bystander.dispose());
  const registry = registryChannel.client(bystander);
  const random = seeded(SEED);
  const whole = conversation();
  const below = (limit: number) => Math.floor(random() * limit);

  for (let round = 0; round < 400; round++) {
    let bytes: Uint8Array;
    if (round % 4 === 0) bytes = new Uint8Array(below(300)).map(() => below(256));
    else if (round % 4 === 1) {
      // A valid frame around random bytes, after a valid beginning.
      const nonsense = frame(new Uint8Array(below(60)).map(() => below(256)));
      bytes = new Uint8Array([...frame(new Uint8Array([1, 1, 65])), ...nonsense]);
    } else {
      bytes = whole.slice(0, round % 4 === 2 ? whole.length : below(whole.length));
      for (let i = below(6); i >= 0 && bytes.length > 0; i--) {
        bytes[below(bytes.length)] = below(256);
      }
    }
    const conn = await Deno.connect({ transport: "unix", path: socketPath });
    const drain = async () => {
      const sink = new Uint8Array(4096);
      while (await conn.read(sink) !== null) { /* whatever it says */ }
    };
    const drained = drain().catch(() => {});
    await conn.write(bytes).catch(() => {});
    // The client reads until the hub has closed a broken connection, or we close a valid one.
    await conn.closeWrite().catch(() => {});
    await drained;
    conn.close();
    if (round % 40 === 0) assertEquals(await registry.list(), []);
  }
  tally({ "connections to the hub": 400 });
  assertEquals(await registry.list(), []);
  await until("only the bystander is left", () => hub.connectionCount === 1);
});

Deno.test("a frame that claims four gigabytes ends its connection immediately", async () => {
  await using sandbox = await makeSandbox();
  const { hub, socketPath } = await startHub(sandbox);
  // The memory of this thread only, because other tests run at the same time.
  const memory = () => Deno.memoryUsage().heapUsed + Deno.memoryUsage().external;
  const before = memory();
  for (let i = 0; i < 50; i++) {
    const conn = await Deno.connect({ transport: "unix", path: socketPath });
    await conn.write(new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255]));
    assertEquals(await conn.read(new Uint8Array(1)), null);
    conn.close();
  }
  assert(memory() - before < 200 * 1024 * 1024);
  await until("all are gone", () => hub.connectionCount === 0);
});

Deno.test("a client that never sends its context is disconnected", async () => {
  await using sandbox = await makeSandbox();
  const { hub, socketPath } = await startHub(sandbox, { contextMs: 50 });
  const conn = await Deno.connect({ transport: "unix", path: socketPath });
  await conn.write(new Uint8Array([1, 0]));
  assertEquals(await conn.read(new Uint8Array(1)), null);
  conn.close();
  await until("it is gone", () => hub.connectionCount === 0);
});

Deno.test("reading any bytes of a value ends with a value or a SessionctlError", () => {
  const random = seeded(SEED);
  for (let round = 0; round < 20_000; round++) {
    const bytes = new Uint8Array(Math.floor(random() * 40)).map(() =>
      random() < 0.6 ? Math.floor(random() * 8) : Math.floor(random() * 256)
    );
    try {
      new WireReader(bytes).value();
    } catch (error) {
      assert(error instanceof SessionctlError, String(error));
    }
  }
  tally({ "values of the channel protocol": 20_000 });
});

Deno.test("JSON lines are read the same however they are split, and garbage is a SessionctlError", () => {
  const random = seeded(SEED);
  const messages = Array.from({ length: 50 }, (_, i) => ({
    id: i,
    text: `}{"\\ \u{1f600}\n`.repeat(Math.floor(random() * 20)),
    nested: { list: [i, { deep: "]" }] },
  }));
  for (const glue of ["\n", "", "\r\n", " \n\n "]) {
    const bytes = new TextEncoder().encode(messages.map((m) => JSON.stringify(m)).join(glue));
    const splitter = new JsonLineSplitter(1 << 20);
    const seen: unknown[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = 1 + Math.floor(random() * 50);
      seen.push(...splitter.push(bytes.subarray(at, at + size)));
      at += size;
    }
    assertEquals(seen, messages);
  }
  for (let round = 0; round < 5000; round++) {
    const alphabet = '{}[]",:\\\n1aé ';
    const text = Array.from(
      { length: Math.floor(random() * 30) },
      () => alphabet[Math.floor(random() * alphabet.length)],
    ).join("");
    try {
      for (const _ of new JsonLineSplitter(1000).push(new TextEncoder().encode(text))) { /* one */ }
    } catch (error) {
      assert(error instanceof SessionctlError, String(error));
    }
  }
  tally({ "JSON lines": 5000 });
});

Deno.test("garbage on an instance socket neither crashes nor hangs it, nor affects other clients", async () => {
  await using sandbox = await makeSandbox();
  const workspace = sandbox.path("work");
  await Deno.mkdir(workspace);
  const app = `sessionctl-fuzz-${crypto.randomUUID().slice(0, 8)}`;
  const instance = await serveInstance(workspace, { echo: (params) => params }, { app });
  sandbox.defer(async () => {
    instance.close();
    await Deno.remove(instance.socketPath.replace(/\/[^/]*$/, ""), { recursive: true });
  });
  const random = seeded(SEED);
  const below = (limit: number) => Math.floor(random() * limit);
  const sound = new TextEncoder().encode('{"id":"1","method":"echo","params":{"a":[1,"}\\""]}}\n');
  for (let round = 0; round < 200; round++) {
    const bytes = round % 2 === 0
      ? new Uint8Array(below(200)).map(() => below(256))
      : sound.map((byte) => random() < 0.05 ? below(256) : byte);
    const conn = await Deno.connect({ transport: "unix", path: instance.socketPath });
    await conn.write(bytes).catch(() => {});
    await conn.closeWrite().catch(() => {});
    const sink = new Uint8Array(4096);
    while (await conn.read(sink).catch(() => null) !== null) { /* whatever it says */ }
    conn.close();
  }
  tally({ "connections to instance sockets": 200 });
  const echo = await callInstance(instance.socketPath, "echo", [1], { timeoutMs: 5000 });
  assertEquals(echo, [1]);
});
