import { resolve } from "@std/path/posix";
import { checkSocketPath, SessionctlError } from "../platform/mod.ts";

/** User ids given as options. */
export function parseUserIds(values: readonly string[]): number[] {
  return values.map((value) => {
    if (/^[0-9]{1,10}$/.test(value)) return Number(value);
    throw new SessionctlError("USAGE", `--allow-owner is not a user id: ${JSON.stringify(value)}`, {
      hint: "print yours with: id -u",
    });
  });
}

/** An operand that names an editor socket: relative ones are taken from the current folder. */
export function socketOperand(value: string, what: string): string {
  return checkSocketPath(value === "" ? value : resolve(value), what);
}

/** An operand that names a file or folder. */
export function pathOperand(value: string, what: string): string {
  if (value === "") throw new SessionctlError("USAGE", `${what} is empty`);
  if (value.includes("\0")) throw new SessionctlError("USAGE", `${what} contains a NUL byte`);
  return resolve(value);
}
