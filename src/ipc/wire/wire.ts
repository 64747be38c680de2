import { SessionctlError } from "../../errors.ts";

/**
 * The numbers of VS Code's channel protocol.
 * Source: microsoft/vscode `src/vs/base/parts/ipc/common/ipc.ts` (`RequestType`,
 * `ResponseType`, `DataType`) and `ipc.net.ts` (`ProtocolMessageType`, `ProtocolConstants`).
 */

/**
 * The header of a frame: type u8, id u32, ack u32, length u32, big endian; `length` bytes follow.
 */
export const FRAME_HEADER_BYTES = 13;
/** The only frame type with a message; the others belong to VS Code's PersistentProtocol. */
export const FRAME_REGULAR = 1;
/** Tells a PersistentProtocol that its connection has ended for good. */
export const FRAME_DISCONNECT = 5;
export const KNOWN_FRAME_TYPES: ReadonlySet<number> = /* @__PURE__ */ new Set([
  1, // regular
  2, // control
  3, // ack
  FRAME_DISCONNECT,
  6, // replay request
  7, // pause
  8, // resume
  9, // keep alive
]);

export const Tag = {
  Undefined: 0,
  String: 1,
  Buffer: 2,
  VSBuffer: 3,
  Array: 4,
  Object: 5,
  Int: 6,
} as const;

export const Request = {
  Call: 100,
  Cancel: 101,
  Listen: 102,
  Dispose: 103,
} as const;

export const Response = {
  Initialize: 200,
  Success: 201,
  Error: 202,
  ErrorObject: 203,
  Event: 204,
} as const;

/** Maximum depth of nested arrays; a peer that nests deeper is hostile. */
export const MAX_DEPTH = 200;

/** The default maximum length of a message in either direction, in bytes. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/**
 * The body of our `Initialize`. VS Code ignores it; a sessionctl peer recognizes by it that we
 * understand an error as the answer to a failed `listen`.
 */
export const DIALECT = "sessionctl/1";

/**
 * Bytes that reach the peer as VS Code's `VSBuffer`, whereas a bare `Uint8Array` reaches it as a
 * `Buffer`. A received `VSBuffer` is sent back as one.
 */
export class VSBuffer {
  /**
   * Wraps bytes without copying them.
   *
   * @param buffer The bytes.
   */
  constructor(readonly buffer: Uint8Array) {}

  /** Number of bytes. */
  get byteLength(): number {
    return this.buffer.byteLength;
  }
}

/**
 * The peer speaks VS Code's PersistentProtocol, which it uses for remote connections. It expects
 * acknowledgements, and ignores answers without a number.
 */
export class PersistentProtocolError extends SessionctlError {
  constructor() {
    super(
      "NOT_SUPPORTED",
      "the peer speaks VS Code's PersistentProtocol, which sessionctl does not support",
    );
  }
}

export function protocolError(reason: string): SessionctlError {
  return new SessionctlError("INVALID_MESSAGE", `the peer broke the channel protocol: ${reason}`);
}
