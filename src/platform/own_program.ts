import { isAbsolute, join, resolve } from "@std/path";
import { programName } from "./program_name.ts";
import { realPathOf } from "./real_path.ts";

/** A program and its first arguments. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

let found: CommandLine | undefined;

/**
 * How this program is started once more: the binary itself, or the source it was run from.
 *
 * It is found out once, and to be called before the binary may be replaced: after that the
 * kernel names the file we run "... (deleted)". The name we were called by is kept, if it
 * leads to the binary, and not what it leads to: so a link that is turned to a newer
 * release counts from then on.
 */
export function ownProgram(): CommandLine {
  return found ??= findOwnProgram();
}

function findOwnProgram(): CommandLine {
  const binary = Deno.execPath().replace(/ \(deleted\)$/, "");
  if (!(Deno.build as { standalone?: boolean }).standalone) {
    return {
      command: binary,
      args: ["run", "--quiet", "--allow-all", "--no-check", Deno.mainModule],
    };
  }
  const calledBy = programPath(programName());
  const same = calledBy !== undefined && realPathOf(calledBy) === realPathOf(binary);
  return { command: same ? calledBy : binary, args: [] };
}

/**
 * The file that a program's name stands for, as a shell looks for it.
 *
 * @returns an absolute path; undefined when there is no such program.
 */
export function programPath(
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
