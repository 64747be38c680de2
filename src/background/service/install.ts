import { messageOf, SessionctlError } from "../../errors.ts";
import { makeFolderOf, printablePath, replaceFile } from "../../platform/mod.ts";
import { runStep } from "./run_step.ts";
import { MARK, type Service, type ServiceManager, type Step } from "./types.ts";

/** What was done, and what is left to do. */
export interface ServiceChange {
  readonly file: string;
  /** What became of the file. */
  readonly outcome: "written" | "replaced" | "unchanged" | "removed";
  /** The steps that were done. */
  readonly done: readonly Step[];
  /** The steps that were not, because the first of them failed. */
  readonly left: readonly Step[];
  readonly reason?: string;
}

/**
 * Writes a service's file and makes the manager run it, now and from each login on.
 *
 * @throws {SessionctlError} `NOT_ALLOWED` when a file of that name is not ours, `IO_ERROR`.
 */
export async function installService(
  manager: ServiceManager,
  service: Service,
): Promise<ServiceChange> {
  const file = manager.filePath(service.name);
  const text = manager.render(service);
  const former = readOwn(file);
  const outcome = former === undefined ? "written" : former === text ? "unchanged" : "replaced";
  if (outcome !== "unchanged") writeWhole(file, text);
  return {
    file,
    outcome,
    ...await runSteps(manager.installSteps(service.name, outcome === "replaced")),
  };
}

/**
 * Ends a service, and removes its file whatever the manager says.
 *
 * @throws {SessionctlError} `NOT_FOUND`, `NOT_ALLOWED` when the file is not ours, `IO_ERROR`.
 */
export async function uninstallService(
  manager: ServiceManager,
  name: string,
): Promise<ServiceChange> {
  const file = manager.filePath(name);
  if (readOwn(file) === undefined) {
    throw new SessionctlError("NOT_FOUND", `no service is installed as ${printablePath(file)}`);
  }
  const { before, after } = manager.uninstallSteps(name);
  const first = await runSteps(before);
  attempt(file, "remove", () => Deno.removeSync(file));
  const last = first.left.length > 0 ? { done: [], left: after } : await runSteps(after);
  return {
    file,
    outcome: "removed",
    done: [...first.done, ...last.done],
    left: [...first.left, ...last.left],
    reason: first.reason ?? ("reason" in last ? last.reason : undefined),
  };
}

/** The text of a file of ours; undefined when there is none. */
export function readOwn(file: string): string | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new SessionctlError(
      "IO_ERROR",
      `cannot read ${printablePath(file)}: ${messageOf(error)}`,
    );
  }
  if (text.includes(MARK)) return text;
  throw new SessionctlError("NOT_ALLOWED", `${printablePath(file)} was not written by sessionctl`, {
    hint: "remove it, or give the service another --name",
  });
}

/** In one go: the manager never sees half of it. */
function writeWhole(file: string, text: string): void {
  attempt(file, "write", () => {
    makeFolderOf(file, 0o755);
    replaceFile(file, text, { mode: 0o644 });
  });
}

function attempt(file: string, verb: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (error instanceof SessionctlError) throw error;
    throw new SessionctlError(
      "IO_ERROR",
      `cannot ${verb} ${printablePath(file)}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

async function runSteps(
  steps: readonly Step[],
): Promise<{ done: Step[]; left: Step[]; reason?: string }> {
  for (const [index, step] of steps.entries()) {
    const result = await runStep(step);
    if (!result.ok) {
      return { done: steps.slice(0, index), left: steps.slice(index), reason: result.reason };
    }
  }
  return { done: [...steps], left: [] };
}
