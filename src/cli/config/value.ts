import { isAbsolute, join } from "@std/path";
import { messageOf } from "../../errors.ts";
import { homeDirectory, system } from "../../platform/mod.ts";
import type { OptionSpec } from "../spec.ts";

export type ReadValue =
  | { readonly value: boolean | readonly string[] }
  | { readonly problem: string };

/** The value that a member of the config file gives to an option, or the reason why it cannot. */
export function readValue(value: unknown, option: OptionSpec): ReadValue {
  if (option.type === "flag") {
    if (typeof value === "boolean") return { value };
    return { problem: `must be true or false, not ${describe(value)}` };
  }
  const several = option.type === "list" && Array.isArray(value);
  const texts: string[] = [];
  for (const element of several ? value : [value]) {
    const text = textOf(element, option);
    if (typeof text !== "string") return text;
    texts.push(text);
  }
  return { value: texts };
}

/** The kinds of value that are paths. Relative ones are rejected, except for ~/. */
const PLACES: readonly unknown[] = ["file", "directory", "workspace", "socket"];

function textOf(value: unknown, option: OptionSpec): string | { problem: string } {
  const { kind } = option;
  const numeric = ["number", "count", "duration", "size"].includes(kind as string);
  if (typeof value !== "string" && !(numeric && typeof value === "number")) {
    const wanted = kind === "number" ? "a number" : "a string";
    const or = option.type === "list" ? " or an array of them" : "";
    return { problem: `must be ${wanted}${or}, not ${describe(value)}` };
  }
  const text = String(value);
  if (text === "") return { problem: `is empty; it needs a value: ${option.valueName}` };
  if (text.includes("\0")) return { problem: "contains a NUL byte" };
  if (kind === "number" && !/^[0-9]+(\.[0-9]+)?$/.test(text)) {
    return { problem: `must be a number, not ${JSON.stringify(text)}` };
  }
  if (Array.isArray(kind) && !kind.includes(text)) {
    return { problem: `must be one of ${kind.join(", ")}, not ${JSON.stringify(text)}` };
  }
  const read = PLACES.includes(kind) ? placeOf(text) : text;
  return typeof read === "string" ? problemOf(read, option) ?? read : read;
}

/** The error that the option's own parser finds in a value. */
function problemOf(text: string, option: OptionSpec): { problem: string } | undefined {
  try {
    option.read?.(text, "it");
    return undefined;
  } catch (error) {
    return { problem: `is wrong: ${messageOf(error)}` };
  }
}

/** Resolves a path. The file applies in every current folder, and no shell expands it. */
function placeOf(text: string): string | { problem: string } {
  if (text === "~" || text.startsWith("~/")) {
    const home = homeDirectory();
    if (home !== undefined) return join(home, text.slice(1));
  }
  if (isAbsolute(text) || system.os === "windows") return text;
  return { problem: "must be an absolute path, or begin with ~/" };
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "an array" : "an object";
  }
  const text = JSON.stringify(value);
  return text.length > 40 ? `a ${typeof value}` : text;
}
