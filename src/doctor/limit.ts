import { messageOf } from "../errors.ts";
import type { Check, CheckResult, DoctorOptions, Finding } from "./types.ts";

/** Longer than any of them takes with all its own time limits used up, in milliseconds. */
const CHECK_LIMIT_MS = 8000;

/** Runs all checks at once; one that fails or does not end is a finding itself. */
export async function runChecks(
  checks: readonly Check[],
  options: DoctorOptions,
  limitMs: number = CHECK_LIMIT_MS,
): Promise<CheckResult[]> {
  return await Promise.all(checks.map(async ({ name, run }) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Finding[]>((resolve) => {
      const text = `no result within ${limitMs / 1000} s`;
      timer = setTimeout(() => resolve([{ severity: "problem", text }]), limitMs);
    });
    try {
      return { name, findings: await Promise.race([run(options), late]) };
    } catch (error) {
      const text = `check failed: ${messageOf(error)}`;
      return { name, findings: [{ severity: "problem", text }] };
    } finally {
      clearTimeout(timer);
    }
  }));
}
