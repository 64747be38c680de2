/**
 * Declarations of options. Each includes the parser of its value, and so the type that the command
 * gets: `pruneInterval: duration({ default: "30s", ... })` becomes `args.pruneInterval`, a number
 * of milliseconds, given as `--prune-interval`.
 */
import { absolutePath, checkSocketPath } from "../platform/mod.ts";
import type { OptionSpec, ValueKind } from "./spec.ts";
import {
  type CountRange,
  parseChoice,
  parseCount,
  parseDuration,
  parseSize,
  parseUserId,
} from "./values.ts";

declare const valueType: unique symbol;

/** An option whose value in the command's arguments is a `T`. */
export interface Option<T> extends Omit<OptionSpec, "name" | "key"> {
  /** The long name, if it is not the key in words with dashes. */
  readonly name?: string;
  /** Exists for the type checker only. */
  readonly [valueType]?: () => T;
}

/** The options of a command by key: `pruneInterval` is given as `--prune-interval`. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values of {@link Options}, by the same keys. */
export type Arguments<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** The facts of a declaration besides the kind of its value. */
type Details = Omit<OptionSpec, "name" | "key" | "type" | "kind" | "read"> & {
  readonly name?: string;
};

/** The type of the value. With a default, or if the option is required, there is always a value. */
type Valued<T, D extends Details> = Option<
  D extends { default: string } | { required: true } ? T : T | undefined
>;

function declare<T, D extends Details>(
  kind: ValueKind,
  valueName: string,
  read: (text: string, what: string) => T,
  details: D,
): Valued<T, D> {
  return { type: "value", kind, valueName, read, ...details };
}

/** An option without a value. */
function flag(details: Details): Option<boolean> {
  return { ...details, type: "flag" };
}

/** Any text. */
function text<const D extends Details>(details: D): Valued<string, D> {
  return declare("text", "TEXT", (text) => text, details);
}

/** A value with a parser of its own, which gets the text and the option's name for its errors. */
function value<T, const D extends Details & { kind?: ValueKind; valueName: string }>(
  read: (text: string, what: string) => T,
  details: D,
): Valued<T, D> {
  return declare(details.kind ?? "text", details.valueName, read, details);
}

/** An option whose value is one of a few words. */
function choice<const C extends string, const D extends Details>(
  choices: readonly C[],
  details: D,
): Valued<C, D> {
  return declare(choices, "WORD", (text, what) => parseChoice(text, what, choices), details);
}

/** A span of time, in milliseconds; `Infinity` for `never`. */
function duration<const D extends Details>(details: D): Valued<number, D> {
  return declare("duration", "TIME", parseDuration, details);
}

/** A size, in bytes. */
function size<const D extends Details>(details: D): Valued<number, D> {
  return declare("size", "SIZE", parseSize, details);
}

/** A whole number. */
function count<const D extends Details & CountRange>(details: D): Valued<number, D> {
  const { min, max, never, ...rest } = details;
  const kind = never ? "count" : "number";
  const read = (text: string, what: string) => parseCount(text, what, { min, max, never });
  return declare(kind, "N", read, rest as unknown as D);
}

/** A user id. */
function userId<const D extends Details>(details: D): Valued<number, D> {
  return declare("number", "UID", parseUserId, details);
}

/** The absolute path of a file. */
function file<const D extends Details>(details: D): Valued<string, D> {
  return declare("file", "FILE", absolute, details);
}

/** The absolute path of a folder. */
function folder<const D extends Details>(details: D): Valued<string, D> {
  return declare("directory", "DIR", absolute, details);
}

/** The absolute path of a Unix socket. */
function socket<const D extends Details>(details: D): Valued<string, D> {
  return declare("socket", "SOCKET", (text, what) => {
    return checkSocketPath(text === "" ? text : absolute(text), what);
  }, details);
}

/** A value with completions for `kind` that the command itself interprets. */
function named<const D extends Details>(
  kind: "session" | "window" | "run" | "command" | "program" | "workspace",
  details: D,
): Valued<string, D> {
  return declare(kind, kind.toUpperCase(), (text) => text, details);
}

/** An option that may be given several times; its default is a list with one element. */
function list<T>(option: Option<T>): Option<readonly NonNullable<T>[]> {
  return { ...option, type: "list" } as Option<readonly NonNullable<T>[]>;
}

/**
 * One declaration for each kind of option. This is an object because a namespace import makes
 * every command load the bundler's helper, and the helper loads `node:module`.
 */
export const option = {
  flag,
  text,
  value,
  choice,
  duration,
  size,
  count,
  userId,
  file,
  folder,
  socket,
  named,
  list,
};

function absolute(path: string): string {
  return absolutePath(path, () => Deno.cwd());
}

/** The specs of declared options with their names, in the order of declaration. */
export function optionSpecs(options: Options): OptionSpec[] {
  return Object.entries(options).map(([key, option]) => ({
    ...option,
    key,
    name: option.name ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  }));
}
