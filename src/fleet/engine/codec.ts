import { SessionctlError } from "../../errors.ts";

/**
 * etcd's JSON gateway encodes keys and values in base64, and 64-bit numbers as strings.
 * Source: etcd's documentation, "gRPC gateway".
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A key or value in the gateway's encoding. */
export function encode(text: string): string {
  return encoder.encode(text).toBase64();
}

/**
 * Decodes a key or value from the gateway; an absent one is empty.
 *
 * @throws {SessionctlError} `INVALID_MESSAGE` if it is not base64.
 */
export function decode(base64: unknown): string {
  if (typeof base64 !== "string") return "";
  try {
    return decoder.decode(Uint8Array.fromBase64(base64));
  } catch (cause) {
    throw new SessionctlError(
      "INVALID_MESSAGE",
      "the fleet's engine sent a text that is not base64",
      { cause },
    );
  }
}

/** The end of the range of all keys that begin with `prefix`, in the gateway's encoding. */
export function encodeRangeEnd(prefix: string): string {
  const bytes = encoder.encode(prefix);
  // The byte 0xff does not occur in UTF-8.
  bytes[bytes.length - 1]! += 1;
  return bytes.toBase64();
}

/** A 64-bit number from the gateway; an absent one is zero. */
export function numberOf(value: unknown): number {
  const number = Number(value ?? 0);
  return Number.isSafeInteger(number) ? number : 0;
}
