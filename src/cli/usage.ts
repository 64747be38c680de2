import { SessionctlError } from "../errors.ts";
import type { CommandSpec } from "./spec.ts";

/** The error for a wrong command line. */
export function usage(message: string, hint?: string): SessionctlError {
  return new SessionctlError("USAGE", message, { hint });
}

/** A line such as `sessionctl add [options] SOCKET FOLDER...`. */
export function usageLine(spec: CommandSpec): string {
  const operands = spec.operands.map(({ name, arity = "one" }) =>
    ({
      one: name,
      optional: `[${name}]`,
      any: `[${name}...]`,
      some: `${name}...`,
    })[arity]
  );
  return ["sessionctl", spec.name, "[options]", ...operands].join(" ");
}
