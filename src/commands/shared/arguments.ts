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
 * The context of a command that can start a registry. A command without the option heeds only
 * its variable.
 */
export type StartContext = CommandContext<{ readonly start?: boolean }>;

/**
 * What a client that finds no registry does about it: with `--start`, it starts one.
 *
 * @param goesOn Whether the command does so when that fails, and tells nobody why.
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

/** An operand that names an editor socket: relative ones are taken from the current folder. */
export function socketOperand(value: string, what: string): string {
  return checkSocketPath(value === "" ? value : resolve(value), what);
}

/** The limits that apply: `never` is an absent limit in what is sent to a child, which is JSON. */
export function finiteLimits<Name extends string>(
  limits: Record<Name, number>,
): Partial<Record<Name, number>> {
  const finite = Object.entries(limits).filter(([, value]) => Number.isFinite(value));
  return Object.fromEntries(finite) as Partial<Record<Name, number>>;
}

/** An operand that names a file or folder. */
export function pathOperand(value: string, what: string): string {
  if (value === "") throw new SessionctlError("USAGE", `${what} is empty`);
  if (value.includes("\0")) throw new SessionctlError("USAGE", `${what} contains a NUL byte`);
  return absolutePath(value, () => Deno.cwd());
}
