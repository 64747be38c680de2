import { join } from "@std/path";
import { SessionctlError } from "../errors.ts";
import { system, type SystemContext } from "../platform/mod.ts";

/** The location of this program. */
export interface InstalledProgram {
  /** The absolute path: that in `PATH`, or else the file itself. */
  readonly path: string;
  /** Whether the name `sessionctl` alone starts it. */
  readonly onPath: boolean;
}

/**
 * The path of this program for dotfiles. A package manager's link on `PATH` survives an upgrade,
 * but the file that it points to, with a version in its path, does not.
 *
 * @param executable The running binary; undefined when running from source, where the `sessionctl`
 * on `PATH` is used.
 * @throws {SessionctlError} `NOT_FOUND` when running from source without `sessionctl` on `PATH`.
 */
export function installedProgram(
  context: SystemContext = system,
  executable: string | undefined = Deno.build.standalone ? Deno.execPath() : undefined,
): InstalledProgram {
  const named = programOnPath(context);
  const ours = executable === undefined ||
    (named !== undefined && Deno.realPathSync(named) === Deno.realPathSync(executable));
  if (named !== undefined && ours) return { path: named, onPath: true };
  if (executable !== undefined) return { path: executable, onPath: false };
  throw new SessionctlError("NOT_FOUND", "sessionctl is not on PATH, so the hook cannot run it", {
    hint: "run: deno task compile; then put dist/sessionctl on PATH",
  });
}

/**
 * Whether a shell command would run this program again: a link `code` to it is not an editor.
 *
 * @param executable The running binary; undefined when running from source.
 */
export function runsItself(
  command: string,
  context: SystemContext = system,
  executable: string | undefined = Deno.build.standalone ? Deno.execPath() : undefined,
): boolean {
  const program = command.trim().split(/\s+/)
    .find((word) => !/^(?:exec|env|command|[A-Za-z_]\w*=.*)$/.test(word));
  if (program === undefined || executable === undefined) return false;
  const found = program.includes("/") ? program : programOnPath(context, program);
  try {
    return found !== undefined && Deno.realPathSync(found) === Deno.realPathSync(executable);
  } catch {
    return false; // No such program: the shell reports it.
  }
}

/** The first program with a name on `PATH`, as a shell finds it. */
function programOnPath(context: SystemContext, program = "sessionctl"): string | undefined {
  const [name, separator] = context.os === "windows" ? [`${program}.exe`, ";"] : [program, ":"];
  for (const directory of context.env("PATH")?.split(separator) ?? []) {
    if (!/^([/\\]|[A-Za-z]:)/.test(directory)) continue;
    const found = join(directory, name);
    try {
      const { isFile, mode } = Deno.statSync(found);
      if (isFile && (mode === null || (mode & 0o111) !== 0)) return found;
    } catch { /* Not there, or not ours to look at. */ }
  }
  return undefined;
}
