import { join } from "@std/path";
import type { Sandbox } from "./sandbox.ts";

/** How the stand-in answers: as an editor does, or in one of the ways editors fail. */
export type EditorBehaviour =
  | "normal"
  /** Accepts, reads, never answers. */
  | "hang"
  /** 500 with a JSON error text. */
  | "refuse"
  /** 404 whatever the type. */
  | "unknown"
  /** Bytes that are not HTTP. */
  | "garbage"
  /** Closes the connection without an answer. */
  | "close"
  /** 200 and half the body it announced. */
  | "truncate";

export interface EditorMessage {
  readonly type: string;
  // deno-lint-ignore no-explicit-any
  readonly [name: string]: any;
}

export interface FakeEditorOptions {
  /** Where it listens; a path of its own in the sandbox unless told. */
  readonly socketPath?: string;
  readonly behaviour?: EditorBehaviour;
  /** What it answers a message with, instead of `null`. */
  readonly answer?: (message: EditorMessage) => unknown;
}

/** A real HTTP server on a Unix socket that stands for an editor window. */
export interface FakeEditor {
  readonly socketPath: string;
  /** What it was told, probes left out. */
  readonly messages: readonly EditorMessage[];
  /** How often it was probed (a message of an unknown type). */
  readonly probes: number;
  /** May be changed while it runs. */
  behaviour: EditorBehaviour;
  /** The message that comes next, once it is answered, or the first that nobody took yet. */
  nextMessage(): Promise<EditorMessage>;
  /** Deletes the wait marker of the last `open`: the user closed the tab. */
  closeTab(): Promise<void>;
  /** Stops listening and drops every connection; the socket file stays, as after a crash. */
  die(): Promise<void>;
}

const KNOWN_TYPES = new Set([
  "open",
  "openExternal",
  "status",
  "extensionManagement",
  "clipboard",
]);

let made = 0;

/** Starts a stand-in for an editor window; the sandbox ends it. */
export async function startEditor(
  sandbox: Sandbox,
  options: FakeEditorOptions = {},
): Promise<FakeEditor> {
  const socketPath = options.socketPath ?? sandbox.path(`editor-${++made}.sock`);
  // Deno unlinks a listener's path on close; a crashed editor leaves its file. Hence the second name.
  const boundPath = join(socketPath.slice(0, socketPath.lastIndexOf("/")), `.e${++made}`);
  const listener = Deno.listen({ transport: "unix", path: boundPath });
  await Deno.rename(boundPath, socketPath);
  const editor = new RunningEditor(socketPath, listener, options);
  sandbox.defer(() => editor.die());
  return editor;
}

class RunningEditor implements FakeEditor {
  readonly messages: EditorMessage[] = [];
  probes = 0;
  behaviour: EditorBehaviour;
  readonly #answered: EditorMessage[] = [];
  #taken = 0;
  #arrived = Promise.withResolvers<void>();
  readonly #connections = new Set<Deno.UnixConn>();
  readonly #serving: Promise<void>;
  #dead = false;

  constructor(
    readonly socketPath: string,
    readonly listener: Deno.UnixListener,
    readonly options: FakeEditorOptions,
  ) {
    this.behaviour = options.behaviour ?? "normal";
    this.#serving = this.#serve();
  }

  async nextMessage(): Promise<EditorMessage> {
    while (this.#answered.length === this.#taken) await this.#arrived.promise;
    return this.#answered[this.#taken++]!;
  }

  async closeTab(): Promise<void> {
    await Deno.remove(this.messages.at(-1)!.waitMarkerFilePath);
  }

  async die(): Promise<void> {
    if (this.#dead) return;
    this.#dead = true;
    this.listener.close();
    for (const conn of this.#connections) this.#drop(conn);
    await this.#serving;
  }

  async #serve(): Promise<void> {
    while (!this.#dead) {
      try {
        const conn = await this.listener.accept();
        this.#connections.add(conn);
        this.#answer(conn)
          .catch(() => {}) // The peer is gone: its own test says whether it may.
          .finally(() => this.#drop(conn));
      } catch {
        return;
      }
    }
  }

  #drop(conn: Deno.UnixConn): void {
    if (this.#connections.delete(conn)) conn.close();
  }

  async #answer(conn: Deno.UnixConn): Promise<void> {
    const message = await readMessage(conn);
    if (message === undefined) return;
    const known = KNOWN_TYPES.has(message.type);
    if (known) this.messages.push(message);
    else this.probes++;
    // A test that awaits a message may end the editor at once: the answer goes first.
    if (this.behaviour === "normal") {
      await (known
        ? reply(conn, 200, this.options.answer?.(message) ?? null)
        : reply(conn, 404, `Unknown message type: ${message.type}`));
    }
    if (known) this.#answered.push(message);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
    switch (this.behaviour) {
      case "hang":
        await conn.read(new Uint8Array(1)); // Until the peer gives up.
        return;
      case "close":
        return;
      case "garbage":
        await conn.write(new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
        return;
      case "truncate":
        await conn.write(
          new TextEncoder().encode('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a'),
        );
        return;
      case "refuse":
        return await reply(conn, 500, `the editor said no to ${message.type}`);
      case "unknown":
        return await reply(conn, 404, `Unknown message type: ${message.type}`);
      case "normal":
        return;
    }
  }
}

async function reply(conn: Deno.UnixConn, status: number, body: unknown): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const head = `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\n` +
    `Content-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`;
  await conn.write(new TextEncoder().encode(head));
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** Reads one request; undefined when the peer only connected. */
async function readMessage(conn: Deno.UnixConn): Promise<EditorMessage | undefined> {
  let received: Uint8Array = new Uint8Array(0);
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const text = new TextDecoder().decode(received);
    const length = /^content-length: *([0-9]+)/im.exec(text)?.[1];
    const body = text.indexOf("\r\n\r\n") + 4;
    // The head is ASCII: its length in characters is its length in bytes.
    if (body >= 4 && length !== undefined && received.length >= body + Number(length)) {
      return JSON.parse(text.slice(body));
    }
    const count = await conn.read(buffer);
    if (count === null) return undefined;
    const longer = new Uint8Array(received.length + count);
    longer.set(received);
    longer.set(buffer.subarray(0, count), received.length);
    received = longer;
  }
}
