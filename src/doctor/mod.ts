/** What is right and wrong on this machine for finding editor windows. */
import { companionCheck } from "./companion.ts";
import { desktopCheck } from "./desktop.ts";
import { editorsCheck } from "./editors.ts";
import { environmentCheck } from "./environment.ts";
import { filesCheck } from "./files.ts";
import { runChecks } from "./limit.ts";
import { permissionsCheck } from "./permissions.ts";
import { registryCheck } from "./registry.ts";
import { routeCheck } from "./route.ts";
import { shellCheck } from "./shell.ts";
import type { Check, CheckResult, DoctorOptions } from "./types.ts";

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
    routeCheck,
    permissionsCheck,
    filesCheck,
    shellCheck,
    ...further,
  ];
  return await runChecks(checks, options);
}
