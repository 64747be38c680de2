import { resolve } from "@std/path";
import { type CommandContext, option } from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { absolutePath, checkSocketPath, system } from "../../platform/mod.ts";

/** The option of commands that need a registry. */
export const start = option.flag({
  summary: "Start the registry in the background if none is running",
  env: "SESSIONCTL_AUTOSTART",
});

/**
 * The context of a command that can start a registry. Without the option, only the variable counts.
 */
export type StartContext = CommandContext<{ readonly start?: boolean }>;

/**
 * Returns the function that starts a registry if a client finds none (`--start`).
 *
 * @param goesOn Whether the command continues after a failure without reporting it.
 */
export function starter(
  context: StartContext,
  goesOn = false,
): (() => Promise<void>) | undefined {
  const wanted = context.args.start ?? system.env(start.env!) === "1";
  if (!wanted) return undefined;
  return async () => {
    const { startForClient } = await import("./start_for_client.ts");
    await startForClient(context, goesOn);
  };
}

/** Checks an operand that names an editor socket; relative ones refer to the current folder. */
export function socketOperand(value: string, what: string): string {
  return checkSocketPath(value === "" ? value : resolve(value), what);
}

/** Omits infinite limits, because they are sent to a child as JSON, which has no Infinity. */
export function finiteLimits<Name extends string>(
  limits: Record<Name, number>,
): Partial<Record<Name, number>> {
  const finite = Object.entries(limits).filter(([, value]) => Number.isFinite(value));
  return Object.fromEntries(finite) as Partial<Record<Name, number>>;
}

/** Checks an operand that names a file or folder. */
export function pathOperand(value: string, what: string): string {
  if (value === "") throw new SessionctlError("USAGE", `${what} is empty`);
  if (value.includes("\0")) throw new SessionctlError("USAGE", `${what} contains a NUL byte`);
  return absolutePath(value, () => Deno.cwd());
}
