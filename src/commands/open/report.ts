import { ExitCode, type Output } from "../../cli/mod.ts";
import {
  type Outcome,
  type Plan,
  rareStages,
  type RequestOptions,
  requestsTo,
} from "../../open/mod.ts";
import { printablePath } from "../../platform/mod.ts";
import { addressOf, type WindowDestination } from "../../routing/mod.ts";

/**
 * Prints the sent messages with `--json`, and every error except the first. If nothing was sent,
 * the error is the only output.
 *
 * @throws the first error.
 */
export function printSent(output: Output, { sent, errors }: Outcome): void {
  if (output.json && (sent.length > 0 || errors.length === 0)) {
    const targets = sent.map(({ window, message }) => describe(window, message));
    output.value({ dryRun: false, targets });
  }
  const [first, ...others] = errors;
  for (const error of others) output.error(error);
  if (first !== undefined) throw first;
}

/**
 * Prints the messages that would be sent (`--dry-run`).
 *
 * @throws {SessionctlError} `NO_TARGET` for items without a window.
 */
export async function preview(
  output: Output,
  { parts, error }: Plan,
  options: RequestOptions,
): Promise<number> {
  const targets: Record<string, unknown>[] = [];
  let launch: string | undefined;
  for (const { destination, items } of parts) {
    if (destination.kind === "launch") {
      const { launchLine } = await rareStages();
      const how = { modes: options.modes, wait: options.marker !== undefined };
      launch = `launch: ${await launchLine(destination.command, items, how)}`;
      continue;
    }
    for (const { message } of await requestsTo(destination, items, options)) {
      targets.push(describe(destination, message));
      if (output.json) continue;
      output.line(printablePath(addressOf(destination)));
      output.line(JSON.stringify(message));
    }
  }
  if (output.json) {
    if (targets.length > 0 || error === undefined) output.value({ dryRun: true, targets });
  } else if (launch !== undefined) output.line(launch);
  if (error !== undefined) throw error;
  return ExitCode.Done;
}

/** A message for `--json`. The step implies the kind of window. */
function describe(window: WindowDestination, message: unknown): Record<string, unknown> {
  const { kind: _, ...where } = window;
  return { ...where, message };
}
