import { deadline } from "@std/async/deadline";
import { FrameReader } from "../../src/ipc/wire/frame_reader.ts";
import { Response } from "../../src/ipc/wire/wire.ts";
import { type MessageHeader, WireReader } from "../../src/ipc/wire/wire_reader.ts";
import { WireWriter } from "../../src/ipc/wire/wire_writer.ts";
import type { Sandbox } from "../support/mod.ts";

const LIMIT = 1024 * 1024;
const PATIENCE_MS = 20_000;

/** A client that sends exactly the test's messages, and reads only on request. */
export class RawClient {
  readonly #conn: Deno.UnixConn;
  readonly #frames = new FrameReader(LIMIT);

  private constructor(conn: Deno.UnixConn) {
    this.#conn = conn;
  }

  /** Connects and sends the context string, but no dialect, like VS Code's own clients. */
  static async connect(sandbox: Sandbox, path: string, context: string): Promise<RawClient> {
    const conn = await Deno.connect({ transport: "unix", path });
    sandbox.defer(() => conn.close());
    const client = new RawClient(conn);
    await client.send((writer) => writer.value(context));
    return client;
  }

  /** Greets, like VS Code's own client; until then the peer keeps its requests. */
  async initialize(): Promise<void> {
    await this.request(Response.Initialize);
  }

  async request(
    type: number,
    id?: number,
    channel?: string,
    name?: string,
    arg?: unknown,
  ): Promise<void> {
    await this.send((writer) => {
      writer.header(type, id, channel, name);
      writer.value(arg);
    });
  }

  async send(fill: (writer: WireWriter) => void): Promise<void> {
    const writer = new WireWriter(LIMIT);
    writer.begin();
    fill(writer);
    writer.end();
    const bytes = writer.take();
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /**
   * Returns the next message other than `Initialize`; undefined after the end of the connection.
   */
  async next(): Promise<{ header: MessageHeader; value: unknown } | undefined> {
    for (;;) {
      const message = this.#frames.next();
      if (message === undefined) {
        const count = await deadline(this.#conn.read(this.#frames.room), PATIENCE_MS);
        if (count === null) return undefined;
        this.#frames.filled(count);
        continue;
      }
      const reader = new WireReader(message);
      const header = reader.header();
      if (header.type !== Response.Initialize) return { header, value: reader.value() };
    }
  }
}
