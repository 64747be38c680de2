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
 * The command that starts this program again: the binary itself, or the source it was run from.
 *
 * It is determined only once; the first call must come before the binary may be replaced, because
 * after that, the kernel names the running file "... (deleted)". If the name by which we were
 * called leads to the binary, the name is kept instead of its target, so that a symlink to a newer
 * release takes effect.
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
 * Finds the file of a program's name, like a shell.
 *
 * @returns an absolute path; undefined if there is no such program.
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
