import { SessionctlError } from "../../errors.ts";
import { MAX_DEPTH, VSBuffer } from "./wire.ts";

/**
 * Converts a value to JSON, or throws an error that names the first part that JSON would change or
 * drop: a function, symbol, bigint, NaN, a class instance, a cycle, `undefined` in an array, or
 * bytes. A property with the value `undefined` counts as absent. A `toJSON` method (of a `Date`,
 * for example) replaces its object.
 *
 * @param root The name of the value in the error.
 * @throws {SessionctlError} `INVALID_ARGUMENT`.
 */
export function toJsonText(value: unknown, root: string): string {
  const reason = findUnsendable(value, root, []);
  if (reason !== undefined) {
    throw new SessionctlError("INVALID_ARGUMENT", `cannot be sent: ${reason}`);
  }
  const text: string | undefined = JSON.stringify(value);
  if (text !== undefined) return text;
  throw new SessionctlError("INVALID_ARGUMENT", `cannot be sent: ${root}.toJSON() gives undefined`);
}

function findUnsendable(value: unknown, path: string, parents: object[]): string | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : `${path} is ${value}`;
    case "object":
      return value === null ? undefined : findInObject(value, path, parents);
    default:
      return `${path} is a ${typeof value}`;
  }
}

function findInObject(value: object, path: string, parents: object[]): string | undefined {
  if (parents.includes(value)) return `${path} refers back to its container`;
  if (parents.length >= MAX_DEPTH) return `${path} lies more than ${MAX_DEPTH} levels deep`;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") {
    return findUnsendable(toJSON.call(value), `${path}.toJSON()`, [...parents, value]);
  }
  if (ArrayBuffer.isView(value) || value instanceof VSBuffer) {
    return `${path} holds bytes, which can only be sent as the whole value or as an array's element`;
  }
  parents.push(value);
  const reason = Array.isArray(value)
    ? findInArray(value, path, parents)
    : findInRecord(value as Record<string, unknown>, path, parents);
  parents.pop();
  return reason;
}

function findInArray(array: unknown[], path: string, parents: object[]): string | undefined {
  for (let i = 0; i < array.length; i++) {
    const element = array[i];
    if (element === undefined) return `${path}[${i}] is undefined`;
    const reason = findUnsendable(element, `${path}[${i}]`, parents);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function findInRecord(
  record: Record<string, unknown>,
  path: string,
  parents: object[],
): string | undefined {
  const prototype = Object.getPrototypeOf(record);
  // A plain object of another realm has another Object.prototype, which also has no prototype.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return `${path} is an instance of ${record.constructor?.name || "a class"}, not a plain object`;
  }
  if (Object.getOwnPropertySymbols(record).length > 0) return `${path} has a symbol as a key`;
  for (const key in record) {
    const value = record[key];
    if (typeof value === "string" || typeof value === "boolean") continue;
    const reason = findUnsendable(value, `${path}${member(key)}`, parents);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function member(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
