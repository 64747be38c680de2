import { SessionctlError } from "../platform/mod.ts";

const UNITS: Record<string, number> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/**
 * Reads a size such as `512K`, `10M` or `1.5G`, in powers of 1024; a bare number is bytes.
 *
 * @param option How to name the value in an error, such as "--log-max-size".
 * @returns bytes.
 * @throws {SessionctlError} `USAGE`.
 */
export function parseSize(text: string, option: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([KMG]?)(?:i?B)?$/i.exec(text);
  const bytes = match ? Math.floor(Number(match[1]) * UNITS[match[2]!.toUpperCase()]!) : NaN;
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new SessionctlError("USAGE", `${option} is not a size: ${JSON.stringify(text)}`, {
    hint: "write it like 512K, 10M or 1G",
  });
}
