/**
 * VS Code's own ends of the channel protocol, over a Unix socket. The parts of its modules that are
 * used are declared here independently.
 */
import { toFileUrl } from "@std/path";
import type { SocketConn } from "../../src/platform/mod.ts";
import { vscodeBase } from "../../scripts/vscode_ipc.ts";

export interface VscodeDisposable {
  dispose(): void;
}

export type VscodeEvent<T> = (listener: (value: T) => void) => VscodeDisposable;

export interface VscodeBuffer {
  readonly buffer: Uint8Array;
  readonly byteLength: number;
  toString(): string;
}

export interface VscodeChannel {
  call<T = unknown>(command: string, arg?: unknown, token?: unknown): Promise<T>;
  listen<T = unknown>(event: string, arg?: unknown): VscodeEvent<T>;
}

export interface VscodeServerChannel {
  call(context: unknown, command: string, arg: unknown, token: VscodeToken): Promise<unknown>;
  listen(context: unknown, event: string, arg: unknown): VscodeEvent<unknown>;
}

export interface VscodeToken {
  readonly isCancellationRequested: boolean;
  readonly onCancellationRequested: VscodeEvent<unknown>;
}

interface Protocol {
  send(message: VscodeBuffer): void;
  readonly onMessage: VscodeEvent<VscodeBuffer>;
  readonly onDidDispose: VscodeEvent<void>;
}

/** A protocol that outlives a lost connection until it is ended explicitly. */
export interface VscodePersistentProtocol extends Protocol, VscodeDisposable {
  sendControl(message: VscodeBuffer): void;
  readonly onSocketClose: VscodeEvent<unknown>;
}

interface Peer extends VscodeDisposable {
  getChannel(name: string): VscodeChannel;
  registerChannel(name: string, channel: VscodeServerChannel): void;
}

/** The parts of the modules that are used. */
export interface Vscode {
  readonly VSBuffer: {
    wrap(bytes: Uint8Array): VscodeBuffer;
    fromString(text: string): VscodeBuffer;
  };
  readonly Emitter: new <T>() => {
    readonly event: VscodeEvent<T>;
    fire(value: T): void;
    hasListeners(): boolean;
  };
  readonly CancellationTokenSource: new () => { readonly token: VscodeToken; cancel(): void };
  readonly ChannelServer: new (
    protocol: Protocol,
    context: string,
  ) => VscodeDisposable & {
    registerChannel(name: string, channel: VscodeServerChannel): void;
  };
  readonly ChannelClient: new (
    protocol: Protocol,
  ) => VscodeDisposable & { getChannel(name: string): VscodeChannel };
  readonly ProxyChannel: {
    fromService(service: unknown, disposables: unknown, options?: {
      disableMarshalling: boolean;
    }): VscodeServerChannel;
    toService<T>(channel: VscodeChannel): T;
  };
  readonly DisposableStore: new () => VscodeDisposable;
  readonly URI: { parse(text: string): unknown };
  readonly BufferReader: new (buffer: VscodeBuffer) => unknown;
  deserialize(reader: unknown): unknown;
  /** Connects VS Code's client to a socket. */
  connect(socketPath: string, context: string): Promise<Peer>;
  /** Speaks the protocol of VS Code's remote connections on a socket, without its handshake. */
  persist(conn: SocketConn): VscodePersistentProtocol;
  /**
   * VS Code's server end of an accepted connection: its protocol, the context it began with, its
   * end.
   */
  accept(conn: SocketConn): Promise<{ protocol: Protocol; context: string; ended: Promise<void> }>;
}

let loading: Promise<Vscode> | undefined;

/** Loads VS Code's modules; the first call downloads their package. */
export function loadVscode(): Promise<Vscode> {
  return loading ??= load();
}

async function load(): Promise<Vscode> {
  const base = await vscodeBase();
  // deno-lint-ignore no-explicit-any
  const part = (path: string): Promise<any> => import(toFileUrl(`${base}/${path}`).href);
  const { VSBuffer } = await part("common/buffer.js");
  const { Emitter } = await part("common/event.js");
  const { CancellationTokenSource } = await part("common/cancellation.js");
  const { DisposableStore } = await part("common/lifecycle.js");
  const { URI } = await part("common/uri.js");
  const ipc = await part("parts/ipc/common/ipc.js");
  const net = await part("parts/ipc/common/ipc.net.js");
  const toSocket = (conn: SocketConn) => makeSocket(conn, { VSBuffer, Emitter });
  return {
    ...ipc,
    VSBuffer,
    Emitter,
    CancellationTokenSource,
    DisposableStore,
    URI,
    async connect(path, context) {
      const conn = await Deno.connect({ transport: "unix", path });
      return net.Client.fromSocket(toSocket(conn), context);
    },
    persist: (conn) =>
      new net.PersistentProtocol({
        socket: toSocket(conn),
        loadEstimator: { hasHighLoad: () => false },
        sendKeepAlive: false,
      }),
    accept(conn) {
      const socket = toSocket(conn);
      const protocol = new net.Protocol(socket);
      return new Promise((resolve) => {
        const first = protocol.onMessage((message: VscodeBuffer) => {
          first.dispose();
          resolve({
            protocol,
            ended: socket.ended,
            context: ipc.deserialize(new ipc.BufferReader(message)),
          });
        });
      });
    },
  };
}

/** VS Code's socket interface on a connection of Deno's. */
function makeSocket(
  conn: SocketConn,
  // deno-lint-ignore no-explicit-any
  { VSBuffer, Emitter }: any,
) {
  const data = new Emitter();
  const closed = new Emitter();
  const end = new Emitter();
  const ended = Promise.withResolvers<void>();
  let writing: Promise<unknown> = Promise.resolve();
  const read = async () => {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let count; (count = await conn.read(buffer)) !== null;) {
        data.fire(VSBuffer.wrap(buffer.slice(0, count)));
      }
    } catch { /* It was closed. */ }
    close();
    end.fire();
    closed.fire();
    ended.resolve();
  };
  // The user of the socket adds its listeners first.
  queueMicrotask(read);
  const writeAll = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  };
  const close = () => {
    try {
      conn.close();
    } catch { /* It was already closed. */ }
  };
  return {
    onData: data.event,
    onClose: closed.event,
    onEnd: end.event,
    write: (buffer: VscodeBuffer) => {
      writing = writing.then(() => writeAll(buffer.buffer)).catch(() => {});
    },
    end: () => void writing.then(close),
    drain: () => writing,
    dispose: close,
    traceSocketEvent() {},
    ended: ended.promise,
  };
}
