import { SessionctlError } from "../platform/mod.ts";

const UNITS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a duration such as `300ms`, `30s`, `1.5m`, `2h`; a bare number is seconds.
 *
 * @param option How to name the value in an error, such as "--timeout".
 * @returns milliseconds; `Infinity` for `never`.
 * @throws {SessionctlError} `USAGE`.
 */
export function parseDuration(text: string, option: string): number {
  if (text === "never") return Infinity;
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?$/.exec(text);
  const milliseconds = match ? Number(match[1]) * UNITS[match[2] ?? "s"]! : NaN;
  // A timer cannot wait longer than 2^31 - 1 ms; it would fire at once.
  if (!(milliseconds > 0) || milliseconds > 2 ** 31 - 1) {
    throw new SessionctlError(
      "USAGE",
      `${option} is not a duration: ${JSON.stringify(text)}`,
      {
        hint: "write it like 300ms, 30s, 5m, 2h or never (at most 24 days)",
      },
    );
  }
  return milliseconds;
}

/** A span of time as people read it: `now`, `12s`, `5m`, `3h`, `2d`. */
export function formatAge(milliseconds: number): string {
  if (milliseconds < 1000) return "now";
  const units: [string, number][] = [["d", UNITS.d!], ["h", UNITS.h!], [
    "m",
    UNITS.m!,
  ], ["s", 1000]];
  const [name, size] = units.find(([, size]) => milliseconds >= size)!;
  return `${Math.floor(milliseconds / size)}${name}`;
}

/**
 * A count as people read it: thousands apart, the noun in the plural where it has to be.
 *
 * @example
 * ```ts
 * formatCount(12345, "session"); // "12,345 sessions"
 * ```
 */
export function formatCount(count: number, noun?: string): string {
  const digits = String(count).replace(/\B(?=([0-9]{3})+$)/g, ",");
  return noun === undefined ? digits : `${digits} ${noun}${count === 1 ? "" : "s"}`;
}

/** A size as people read it: `512 bytes`, `1.5 KiB`, `64 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit: string | undefined;
  while (size >= 1024 && units.length > 0) {
    size /= 1024;
    unit = units.shift();
  }
  if (unit === undefined) return formatCount(bytes, "byte");
  return `${Number(size.toFixed(size < 10 ? 1 : 0))} ${unit}`;
}
