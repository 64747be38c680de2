/** What is right and wrong on this machine for finding editor windows. */
import { companionCheck } from "./companion.ts";
import { desktopCheck } from "./desktop.ts";
import { editorsCheck } from "./editors.ts";
import { environmentCheck } from "./environment.ts";
import { filesCheck, permissionsCheck } from "./files.ts";
import { linksCheck } from "./links.ts";
import { registryCheck } from "./registry.ts";
import { routeCheck } from "./route.ts";
import { shellCheck } from "./shell.ts";
import { messageOf } from "../errors.ts";
import type { Check, CheckResult, DoctorOptions, Finding } from "./types.ts";

export type { Check, CheckResult, DoctorOptions, Finding, Severity } from "./types.ts";

/**
 * Looks at everything that decides where `open` sends a file. All checks run at once, and
 * each has a time limit, so that nothing that hangs makes the doctor hang.
 *
 * @param further Checks of the caller's own, told after these.
 * @example
 * ```ts
 * const results = await diagnose({ path: "/home/ann/api", context: system, version: "1.0.0" });
 * const healthy = results.every(({ findings }) => findings.every(({ severity }) => severity !== "problem"));
 * ```
 */
export async function diagnose(
  options: DoctorOptions,
  further: readonly Check[] = [],
): Promise<CheckResult[]> {
  const checks = [
    environmentCheck,
    registryCheck,
    editorsCheck,
    companionCheck,
    desktopCheck,
    linksCheck,
    routeCheck,
    permissionsCheck,
    filesCheck,
    shellCheck,
    ...further,
  ];
  return await runChecks(checks, options);
}

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
