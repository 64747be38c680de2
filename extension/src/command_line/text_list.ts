import { SessionctlError } from "../../../src/errors.ts";

const MAX_ITEMS = 1000;

/** @throws {SessionctlError} `INVALID_ARGUMENT` for anything but a list of texts. */
export function textList(value: unknown): string[] {
  const list = value ?? [];
  const isTexts = Array.isArray(list) && list.length <= MAX_ITEMS &&
    list.every((item) => typeof item === "string");
  if (isTexts) return list;
  throw new SessionctlError("INVALID_ARGUMENT", "this must be a list of texts");
}
