import { deadline } from "@std/async/deadline";
import { join } from "@std/path";
import { endListener } from "./end_listener.ts";
import { type HungConnection, leaveHanging } from "./hung.ts";
import type { Sandbox } from "./sandbox.ts";

/** Longest wait for a message that a test expects, in milliseconds. */
const MESSAGE_LIMIT_MS = 60_000;

/** The stand-in's behaviour: like an editor, or like an editor that fails in some way. */
export type EditorBehaviour =
  | "normal"
  /** Accepts and reads, but never answers. */
  | "hang"
  /** Answers probes, but hangs before it asks for the message. */
  | "stall"
  /** Reads a message and never answers it, like a window whose page is gone. */
  | "silent"
  /** Accepts files, but never answers requests that need its page: its browser was killed. */
  | "ghost"
  /** Answers 500 with a JSON error text. */
  | "refuse"
  /** Answers 404 for every message type. */
  | "unknown"
  /** Sends bytes that are not HTTP. */
  | "garbage"
  /** Closes the connection without an answer. */
  | "close"
  /** Answers 200 with half of the announced body. */
  | "truncate"
  /** Behaves like VS Code's agent host: no window; it accepts upgrades and nothing else. */
  | "agent-host";

export interface EditorMessage {
  readonly type: string;
  // deno-lint-ignore no-explicit-any
  readonly [name: string]: any;
}

export interface FakeEditorOptions {
  /** The path of its socket; by default a new path in the sandbox. */
  readonly socketPath?: string;
  readonly behaviour?: EditorBehaviour;
  /** The answer to a message, instead of `null`. */
  readonly answer?: (message: EditorMessage) => unknown;
  /** Whether it also records sessionctl's questions, which are messages without an effect. */
  readonly recordsQuestions?: boolean;
  /** Called while a probe waits for its answer. */
  readonly onProbe?: () => Promise<void>;
}

/** A real HTTP server on a Unix socket that stands in for an editor window. */
export interface FakeEditor {
  readonly socketPath: string;
  /** The messages it received, without probes. */
  readonly messages: readonly EditorMessage[];
  /** The number of probes, which are requests with an expectation that no editor meets. */
  readonly probes: number;
  /** The connections that it did not answer, because it hangs. */
  readonly hung: readonly HungConnection[];
  /** May be changed while it runs. */
  behaviour: EditorBehaviour;
  /** The next message, once it is answered, or the first that was not consumed yet. */
  nextMessage(): Promise<EditorMessage>;
  /** Deletes the wait marker of the last `open`, as when the user closes the tab. */
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

/** The answer of Node's server to an unknown expectation, byte by byte. */
const EXPECTATION_FAILED = "HTTP/1.1 417 Expectation Failed\r\n" +
  "Date: Sat, 28 Nov 2026 00:48:30 GMT\r\nConnection: close\r\n" +
  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";

/** The answer of the agent host's WebSocket server to an upgrade that is not a GET. */
const NO_UPGRADE = "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n" +
  "Content-Type: text/html\r\nContent-Length: 18\r\nAllow: GET\r\n\r\nInvalid HTTP method";

let made = 0;

/** Starts a stand-in for an editor window; the sandbox ends it. */
export async function startEditor(
  sandbox: Pick<Sandbox, "path" | "defer">,
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
  readonly hung: HungConnection[] = [];
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
    while (this.#answered.length === this.#taken) {
      await deadline(this.#arrived.promise, MESSAGE_LIMIT_MS);
    }
    return this.#answered[this.#taken++]!;
  }

  async closeTab(): Promise<void> {
    await Deno.remove(this.messages.at(-1)!.waitMarkerFilePath);
  }

  async die(): Promise<void> {
    if (this.#dead) return;
    this.#dead = true;
    endListener(this.listener);
    for (const conn of this.#connections) this.#drop(conn);
    await this.#serving;
  }

  async #serve(): Promise<void> {
    while (!this.#dead) {
      try {
        const conn = await this.listener.accept();
        this.#connections.add(conn);
        this.#answer(conn)
          .catch(() => {}) // The peer has gone; its own test decides whether it may.
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
    const request = new FakeRequest(conn);
    const fields = await request.head();
    if (fields === undefined) return;
    const expected = /^expect: *(.*)$/im.exec(fields)?.[1];
    const isProbe = expected !== undefined && expected !== "100-continue";
    if (isProbe) {
      this.probes++;
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    }
    switch (this.behaviour) {
      case "hang":
        return await leaveHanging(conn, this.hung);
      case "close":
        return;
      case "garbage":
        return await write(conn, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
      case "truncate":
        return await write(conn, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a');
      case "agent-host":
        if (/^upgrade: /im.test(fields)) return await write(conn, NO_UPGRADE);
        if (!isProbe) return await leaveHanging(conn, this.hung);
    }
    if (isProbe) {
      await this.options.onProbe?.();
      return await write(conn, EXPECTATION_FAILED);
    }
    if (this.behaviour === "stall") return await leaveHanging(conn, this.hung);
    if (expected !== undefined) await write(conn, "HTTP/1.1 100 Continue\r\n\r\n");
    const message = await request.message();
    if (message !== undefined) await this.#act(conn, message);
  }

  async #act(conn: Deno.UnixConn, message: EditorMessage): Promise<void> {
    // Opening no URLs has no effect in an editor: the second part of a probe.
    if (message.type === "openExternal" && message.uris.length === 0) {
      if (this.options.recordsQuestions) this.messages.push(message);
      return await reply(conn, 200, null);
    }
    // Managing no extensions has no effect either; it only asks for the page's answer.
    const isEmpty = message.type === "extensionManagement" && message.list === undefined &&
      [message.install, message.uninstall].every((names) => (names ?? []).length === 0);
    if (isEmpty && this.behaviour === "normal") {
      if (this.options.recordsQuestions) this.messages.push(message);
      return await reply(conn, 200, "");
    }
    const known = KNOWN_TYPES.has(message.type) && !isEmpty;
    if (this.behaviour === "ghost" && message.type !== "open") {
      return await leaveHanging(conn, this.hung);
    }
    if (known) this.messages.push(message);
    // A test that awaits a message may end the editor immediately, so the answer goes first.
    if (this.behaviour === "refuse") {
      await reply(conn, 500, `the editor said no to ${message.type}`);
    } else if (!known || this.behaviour === "unknown") {
      await reply(conn, 404, `Unknown message type: ${message.type}`);
    } else if (this.behaviour === "normal" || this.behaviour === "ghost") {
      await reply(conn, 200, this.options.answer?.(message) ?? null);
    }
    if (known) this.#answered.push(message);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
    if (this.behaviour === "silent") await leaveHanging(conn, this.hung);
  }
}

async function reply(conn: Deno.UnixConn, status: number, body: unknown): Promise<void> {
  const text = JSON.stringify(body);
  const length = new TextEncoder().encode(text).length;
  const head = `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\n` +
    `Content-Length: ${length}\r\nConnection: close\r\n\r\n`;
  await write(conn, head + text);
}

async function write(conn: Deno.UnixConn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** A request that is read piece by piece. */
class FakeRequest {
  #received: Uint8Array = new Uint8Array(0);

  constructor(readonly conn: Deno.UnixConn) {}

  /** Its head; undefined if the peer only connected. */
  async head(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\r\n\r\n");
      if (end >= 0) return this.#text.slice(0, end);
      if (!(await this.#more())) return undefined;
    }
  }

  /** Its body; undefined if the peer goes away before it is complete. */
  async message(): Promise<EditorMessage | undefined> {
    // The head is ASCII: its length in characters is its length in bytes.
    const body = this.#text.indexOf("\r\n\r\n") + 4;
    if (/^transfer-encoding: *chunked/im.test(this.#text)) return await this.#chunks(body);
    const length = Number(/^content-length: *([0-9]+)/im.exec(this.#text)?.[1]);
    while (this.#received.length < body + length) if (!(await this.#more())) return undefined;
    return JSON.parse(this.#text.slice(body));
  }

  /** A body in chunks, as Node's client sends one. */
  async #chunks(begin: number): Promise<EditorMessage | undefined> {
    let body = "";
    for (let at = begin;;) {
      const rest = new TextDecoder("latin1").decode(this.#received.subarray(at));
      const [line, digits] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? [];
      const length = parseInt(digits ?? "", 16);
      const whole = line !== undefined && rest.length >= line.length + length + 2;
      if (whole && length === 0) break;
      if (whole) {
        body += rest.slice(line.length, line.length + length);
        at += line.length + length + 2;
      } else if (!(await this.#more())) return undefined;
    }
    const bytes = Uint8Array.from(body, (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  get #text(): string {
    return new TextDecoder().decode(this.#received);
  }

  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(64 * 1024);
    const count = await this.conn.read(buffer);
    if (count === null) return false;
    const longer = new Uint8Array(this.#received.length + count);
    longer.set(this.#received);
    longer.set(buffer.subarray(0, count), this.#received.length);
    this.#received = longer;
    return true;
  }
}
