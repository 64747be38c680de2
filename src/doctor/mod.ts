/** Diagnoses how this machine finds editor windows. */
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

export type { Check, CheckResult, Finding } from "./types.ts";

/**
 * Checks everything that decides where `open` sends a file. All checks run concurrently, each with
 * a time limit, so that nothing can make the doctor hang.
 *
 * @param further The caller's own checks, reported after these.
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

/** Longer than any check takes with all its own time limits, in milliseconds. */
const CHECK_LIMIT_MS = 8000;

/** Runs all checks concurrently; a check that fails or hangs is itself a finding. */
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
