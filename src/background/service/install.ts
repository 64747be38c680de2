import { reasonOf, SessionctlError } from "../../errors.ts";
import { makeFolderOf, printablePath, replaceFile } from "../../platform/mod.ts";
import { runStep } from "./run_step.ts";
import { type ManagedService, MARK, type ServiceManager, type Step } from "./types.ts";

/** The performed and remaining steps of a change. */
export interface ServiceChange {
  /** The service's own file, then that of its socket. */
  readonly files: readonly string[];
  /** The outcome for the files. */
  readonly outcome: "written" | "replaced" | "unchanged" | "removed";
  /** The completed steps. */
  readonly done: readonly Step[];
  /** The remaining steps, because the first of them failed. */
  readonly left: readonly Step[];
  readonly reason?: string;
}

/**
 * Writes a service's files and makes the manager run it, now and from each login on.
 *
 * @throws {SessionctlError} `NOT_ALLOWED` if a file with that name is not ours, `IO_ERROR`.
 */
export async function installService(
  manager: ServiceManager,
  service: ManagedService,
): Promise<ServiceChange> {
  const files = manager.render(service);
  const former = ownFiles(manager, service.name);
  const dropped = [...former.keys()].filter((path) => !files.some((file) => file.path === path));
  const changed = files.filter(({ path, text }) => former.get(path) !== text);
  const isSame = dropped.length + changed.length === 0;
  const known = former.size > 0 && !isSame;
  const drop = dropped.length === 0 ? [] : manager.dropSocketSteps(service.name);
  const first = await runSteps(drop);
  for (const path of dropped) attempt(path, "remove", () => Deno.removeSync(path));
  for (const { path, text } of changed) writeWhole(path, text);
  return {
    files: files.map(({ path }) => path),
    outcome: former.size === 0 ? "written" : isSame ? "unchanged" : "replaced",
    ...await goOn(first, manager.installSteps(service, known)),
  };
}

/**
 * Stops a service, and removes its files regardless of the manager's result.
 *
 * @throws {SessionctlError} `NOT_FOUND`, `NOT_ALLOWED` if a file is not ours, `IO_ERROR`.
 */
export async function uninstallService(
  manager: ServiceManager,
  name: string,
): Promise<ServiceChange> {
  const files = [...ownFiles(manager, name).keys()];
  if (files.length === 0) {
    const [file] = manager.filePaths(name);
    throw new SessionctlError("NOT_FOUND", `no service is installed as ${printablePath(file!)}`);
  }
  const { before, after } = manager.uninstallSteps(name, files.length > 1);
  const first = await runSteps(before);
  for (const file of files) attempt(file, "remove", () => Deno.removeSync(file));
  return { files, outcome: "removed", ...await goOn(first, after) };
}

/** The existing files of a service, with their texts. */
function ownFiles(manager: ServiceManager, name: string): Map<string, string> {
  return new Map(
    manager.filePaths(name).flatMap((path) => {
      const text = readOwn(path);
      return text === undefined ? [] : [[path, text]];
    }),
  );
}

/** The text of a file of ours; undefined if it does not exist. */
export function readOwn(file: string): string | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new SessionctlError(
      "IO_ERROR",
      `cannot read ${printablePath(file)}: ${reasonOf(error)}`,
    );
  }
  if (text.includes(MARK)) return text;
  throw new SessionctlError("NOT_ALLOWED", `${printablePath(file)} was not written by sessionctl`, {
    hint: "remove it, or give the service another --name",
  });
}

/** Writes a file atomically, so that the manager never sees a part of it. */
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
      `cannot ${verb} ${printablePath(file)}: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

interface StepsTaken {
  readonly done: Step[];
  readonly left: Step[];
  readonly reason?: string;
}

/** Runs further steps, unless an earlier one failed. */
async function goOn(first: StepsTaken, steps: readonly Step[]): Promise<StepsTaken> {
  if (first.left.length > 0) return { ...first, left: [...first.left, ...steps] };
  const { done, ...rest } = await runSteps(steps);
  return { done: [...first.done, ...done], ...rest };
}

async function runSteps(steps: readonly Step[]): Promise<StepsTaken> {
  for (const [index, step] of steps.entries()) {
    const result = await runStep(step);
    if (!result.ok) {
      return { done: steps.slice(0, index), left: steps.slice(index), reason: result.reason };
    }
  }
  return { done: [...steps], left: [] };
}
