/** The parsers of option values. Each takes the text and the option's name for errors. */
import type { SessionctlError } from "../errors.ts";
import { usage } from "./usage.ts";

const TIME_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE_UNITS: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/**
 * Parses a duration such as `300ms`, `30s`, `1.5m` or `2h`. A bare number is in seconds.
 *
 * @param what The name of the value in an error, such as "--timeout".
 * @returns milliseconds; `Infinity` for `never`.
 * @throws {SessionctlError} `USAGE`.
 *
 * @example
 * ```ts
 * parseDuration("1.5m", "--timeout"); // 90000
 * ```
 */
export function parseDuration(text: string, what: string): number {
  if (text === "never") return Infinity;
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?$/.exec(text);
  const milliseconds = match ? Number(match[1]) * TIME_UNITS[match[2] ?? "s"]! : NaN;
  // A timer cannot wait longer than 2^31 - 1 ms; it would fire at once.
  if (milliseconds > 0 && milliseconds <= 2 ** 31 - 1) return milliseconds;
  throw notA("duration", text, what, "write it like 300ms, 30s, 5m, 2h or never (at most 24 days)");
}

/**
 * Parses a size such as `512K`, `10M` or `1.5G`, in powers of 1024. A bare number is in bytes.
 *
 * @param what The name of the value in an error, such as "--log-max-size".
 * @returns bytes.
 * @throws {SessionctlError} `USAGE`.
 */
export function parseSize(text: string, what: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([KMG]?)(?:i?B)?$/i.exec(text);
  const bytes = match ? Math.floor(Number(match[1]) * SIZE_UNITS[match[2]!.toUpperCase()]!) : NaN;
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw notA("size", text, what, "write it like 512K, 10M or 1G");
}

/** The range of a count; `never` stands for no limit. */
export interface CountRange {
  readonly min?: number;
  readonly max?: number;
  /** Whether `never` is allowed; the value is then `Infinity`. */
  readonly never?: boolean;
}

const MAX_COUNT = 9_999_999;

/**
 * Parses a whole number.
 *
 * @param what The name of the value in an error, such as "--workers".
 * @throws {SessionctlError} `USAGE` for any other text, or a number outside of `range`.
 */
export function parseCount(text: string, what: string, range: CountRange = {}): number {
  const { min = 0, max = MAX_COUNT, never = false } = range;
  if (never && text === "never") return Infinity;
  const count = /^[0-9]{1,7}$/.test(text) ? Number(text) : NaN;
  if (count >= min && count <= max) return count;
  const numbers = max === MAX_COUNT ? `${min} or more` : `${min} to ${max}`;
  const limits = `give a number: ${numbers}${never ? ", or never" : ""}`;
  if (!Number.isNaN(count)) throw usage(`${what} is out of range: ${JSON.stringify(text)}`, limits);
  throw notA("whole number", text, what, limits);
}

/**
 * Parses a user id.
 *
 * @param what The name of the value in an error, such as "--allow-owner".
 * @throws {SessionctlError} `USAGE`.
 */
export function parseUserId(text: string, what: string): number {
  if (/^[0-9]{1,10}$/.test(text)) return Number(text);
  throw notA("user id", text, what, "print yours with: id -u");
}

/**
 * Parses one of several words.
 *
 * @param what The name of the value in an error, such as "--shell".
 * @throws {SessionctlError} `USAGE` with all the words.
 */
export function parseChoice<C extends string>(
  text: string,
  what: string,
  choices: readonly C[],
): C {
  const chosen = choices.find((choice) => choice === text);
  if (chosen !== undefined) return chosen;
  throw usage(`${what} cannot be ${JSON.stringify(text)}`, `choose one of ${choices.join(", ")}`);
}

function notA(kind: string, text: string, what: string, hint: string): SessionctlError {
  return usage(`${what} is not a ${kind}: ${JSON.stringify(text)}`, hint);
}
