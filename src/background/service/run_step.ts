import { errnoOf, messageOf } from "../../errors.ts";
import type { Step } from "./types.ts";

/** The result of a step: its stdout, or the reason of its failure in one line. */
export type StepResult =
  | { readonly ok: true; readonly stdout: string }
  | { readonly ok: false; readonly stdout: string; readonly reason: string };

/** Time limit for the manager to start or end a service, in milliseconds. */
const STEP_MS = 60_000;

/** Runs a step to its end. It never throws; a failure is a result. */
export async function runStep(
  [program, ...args]: Step,
  limitMs = STEP_MS,
): Promise<StepResult> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program!, {
      args,
      // No program can be started in a working directory that was removed.
      cwd: "/",
      stdin: "null",
      signal: AbortSignal.timeout(limitMs),
    }).output();
  } catch (error) {
    const missing = errnoOf(error) === "ENOENT";
    const reason = missing ? `${program} is not installed` : messageOf(error);
    return { ok: false, stdout: "", reason };
  }
  const stdout = new TextDecoder().decode(output.stdout).trim();
  if (output.success) return { ok: true, stdout };
  const [said] = new TextDecoder().decode(output.stderr).trim().split("\n");
  return { ok: false, stdout, reason: said || `${program} ended with exit code ${output.code}` };
}
