import { SessionctlError } from "../../errors.ts";

/**
 * The numbers of VS Code's channel protocol.
 * Source: microsoft/vscode `src/vs/base/parts/ipc/common/ipc.ts` (`RequestType`,
 * `ResponseType`, `DataType`) and `ipc.net.ts` (`ProtocolMessageType`, `ProtocolConstants`).
 */

/** A frame: type u8, id u32, ack u32, length u32, all big endian; then so many bytes. */
export const FRAME_HEADER_BYTES = 13;
/** The only type of frame that carries a message; the others are of VS Code's PersistentProtocol. */
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

/** Arrays within arrays, at most; a peer that nests deeper is up to no good. */
export const MAX_DEPTH = 200;

/** The longest message either side takes unless told, in bytes. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/**
 * What our side sends along with `Initialize`. VS Code ignores that body; we know by it
 * that the peer understands an error as the answer to a failed `listen`.
 */
export const DIALECT = "sessionctl/1";

/**
 * Bytes that reach the peer as VS Code's `VSBuffer`, where a bare `Uint8Array` reaches
 * it as a `Buffer`. What came as one goes back as one.
 */
export class VSBuffer {
  /**
   * Wraps bytes, without a copy.
   *
   * @param buffer The bytes.
   */
  constructor(readonly buffer: Uint8Array) {}

  /** How many bytes there are. */
  get byteLength(): number {
    return this.buffer.byteLength;
  }
}

/**
 * The peer speaks VS Code's PersistentProtocol, that of its remote connections: it wants its
 * messages acknowledged, and passes over answers that have no number.
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
