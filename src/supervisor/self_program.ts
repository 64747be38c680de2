import { isAbsolute, join, resolve } from "@std/path/posix";
import { realPathOf } from "../platform/mod.ts";
import type { SelfProgram } from "./types.ts";

let found: SelfProgram | undefined;

/**
 * How this program is started once more: the binary, or the runtime and the source it runs.
 *
 * It is found out once, and to be called before the binary may be replaced: after that the
 * kernel names the file we run "... (deleted)". The name we were called by is kept, if it
 * leads to the binary, and not what it leads to: so a link that is turned to a newer
 * release is followed by a relaunch.
 */
export function selfProgram(): SelfProgram {
  return found ??= findSelf();
}

function findSelf(): SelfProgram {
  const binary = Deno.execPath().replace(/ \(deleted\)$/, "");
  if (!(Deno.build as { standalone?: boolean }).standalone) {
    return {
      command: binary,
      args: ["run", "--quiet", "--allow-all", "--no-check", Deno.mainModule],
    };
  }
  // deno-lint-ignore no-process-global
  const calledBy = pathOfProgram(process.argv0);
  const same = calledBy !== undefined && realPathOf(calledBy) === realPathOf(binary);
  return { command: same ? calledBy : binary, args: [] };
}

/** The file that a program's name stands for, as a shell looks for it. */
export function pathOfProgram(
  name: string,
  cwd: string = Deno.cwd(),
  path: string = Deno.env.get("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
): string | undefined {
  const candidates = name.includes("/")
    ? [resolve(cwd, name)]
    : path.split(":").map((directory) =>
      join(isAbsolute(directory) ? directory : resolve(cwd, directory), name)
    );
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && (mode === null || (mode & 0o111) !== 0);
  } catch {
    return false;
  }
}
