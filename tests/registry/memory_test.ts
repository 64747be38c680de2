/**
 * Many clients that request much and read nothing: the process survives, and its memory stays
 * bounded.
 */
import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { connectChannels, startChannels } from "../../src/ipc/mod.ts";
import { openUnixStream } from "../../src/ipc/streams/byte_stream.ts";
import { connectUnix } from "../../src/http/mod.ts";
import { writeAll } from "../../src/platform/mod.ts";
import { RegistryClient } from "../../src/registry/mod.ts";
import { makeSandbox, type Sandbox, until } from "../support/mod.ts";
import { ask, healthOf, type Server, startServer } from "./serve_support.ts";

const CLIENTS = 150;
/** Clients of the hub, which sends each list as one message. */
const HUB_CLIENTS = 50;
const SESSIONS = 100;
/** Sessions of 90 MB, the budget of 256 MB, the runtime, and memory that is not yet collected. */
const MOST_MEGABYTES = 1200;

const onLinux = { ignore: Deno.build.os !== "linux" };

/** The peak memory of the process, in megabytes. Source: proc(5), VmHWM. */
function peakMegabytes({ child }: Server): number {
  const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)![1]) / 1024;
}

async function startWith(sandbox: Sandbox, sessionBytes: number): Promise<Server> {
  const server = await startServer(sandbox, { state: null });
  const filler = "x".repeat(sessionBytes);
  for (let number = 0; number < SESSIONS; number++) {
    const entry = { socketPath: `/${number}.sock`, filler };
    assertEquals((await ask(server.socket, "/add-session", { entry })).status, 200);
  }
  return server;
}

/** Opens connections that send `request` and read nothing. */
async function openUnread(sandbox: Sandbox, socket: string, request: string): Promise<void> {
  for (let number = 0; number < CLIENTS; number++) {
    const conn = await connectUnix(socket);
    sandbox.defer(() => conn.close());
    await writeAll(conn, new TextEncoder().encode(request));
  }
}

/** The length of the first event of `GET /v1/events`, in characters. */
async function snapshotLength(sandbox: Sandbox, path: string): Promise<number> {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  sandbox.defer(() => client.close());
  const { body } = await fetch("http://localhost/v1/events", { client });
  let length = 0;
  for await (const text of body!.pipeThrough(new TextDecoderStream())) {
    length += text.length;
    if (text.endsWith("\n\n")) break;
  }
  return length;
}

for (const path of ["/v1/events", "/v1/sessions"]) {
  Deno.test({
    ...onLinux,
    name: `${CLIENTS} clients that do not read GET ${path} use a bounded amount of memory`,
    async fn() {
      await using sandbox = await makeSandbox();
      const server = await startWith(sandbox, 900_000);
      await openUnread(sandbox, server.socket, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      // A client that reads still gets the whole list.
      const client = new RegistryClient({ socket: server.socket, timeoutMs: 60_000 });
      assertEquals((await client.list()).length, SESSIONS);
      assert(await snapshotLength(sandbox, server.socket) > SESSIONS * 900_000);
      const peak = peakMegabytes(server);
      assert(peak < MOST_MEGABYTES, `${peak} MB`);
      // An unread write has its own time limit.
      await until("they are gone", async () => (await healthOf(server.socket)).connections <= 1);
      assertEquals(await server.stop(), 0);
    },
  });
}

Deno.test({
  ...onLinux,
  name: `${HUB_CLIENTS} unread lists of the hub use a bounded amount of memory`,
  async fn() {
    await using sandbox = await makeSandbox();
    const server = await startWith(sandbox, 400_000);
    const { ipcSocket } = await healthOf(server.socket);
    for (let number = 0; number < HUB_CLIENTS; number++) await callListUnread(sandbox, ipcSocket!);
    using hub = await connectChannels(ipcSocket!, "reader");
    const list = hub.getChannel("registry").call("list") as Promise<unknown[]>;
    assertEquals((await deadline(list, 60_000)).length, SESSIONS);
    const peak = peakMegabytes(server);
    assert(peak < MOST_MEGABYTES, `${peak} MB`);
    assertEquals(await server.stop(), 0);
  },
});

/** Calls `registry.list` without reading the answer. */
async function callListUnread(sandbox: Sandbox, ipcSocket: string): Promise<void> {
  const stream = await openUnixStream(ipcSocket);
  const greeted = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<null>();
  let reads = 0;
  const peer = startChannels({
    read: (into) => reads++ === 0 ? stream.read(into) : (greeted.resolve(), closed.promise),
    write: (bytes) => stream.write(bytes),
    close: () => {
      closed.resolve(null);
      stream.close();
    },
  }, "unread");
  sandbox.defer(() => peer.dispose());
  await greeted.promise;
  peer.getChannel("registry").call("list").catch(() => {});
}
