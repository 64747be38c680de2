import { join } from "@std/path";
import { reasonOf, SessionctlError } from "../errors.ts";
import { checkWritePlace, makeFolderOf, printablePath } from "../platform/mod.ts";

/**
 * Names under which sessionctl acts as one of its commands; see `src/cli/dispatch.ts`. The last two
 * are for programs that interpret `EDITOR` or `BROWSER` as the name of one program.
 */
export const LINKS = {
  code: "code",
  editor: "sessionctl-edit",
  browser: "sessionctl-browse",
} as const;

/** The change of a link. */
export interface LinkChange {
  readonly path: string;
  readonly change: "made" | "updated" | "removed" | "unchanged" | "kept";
}

/**
 * Creates the links in `directory`, which is created if necessary.
 *
 * @param program Absolute path of sessionctl.
 * @throws {SessionctlError} `NOT_ALLOWED` if a file that is not ours has one of the names,
 * `NOT_SUPPORTED` when running from source, `IO_ERROR`.
 */
export function makeLinks(directory: string, program: string): LinkChange[] {
  const paths = Object.values(LINKS).map((name) => join(directory, name));
  if (!Deno.build.standalone) {
    throw new SessionctlError("NOT_SUPPORTED", "--link needs the compiled program", {
      hint: "a program that runs from source cannot see the name of its link",
    });
  }
  for (const path of paths) {
    if (stateOf(path, program) !== "foreign") continue;
    throw new SessionctlError(
      "NOT_ALLOWED",
      `${printablePath(path)} exists, and sessionctl did not create it`,
      {
        hint: "move it, or choose another directory for --link",
      },
    );
  }
  try {
    for (const path of paths) makeFolderOf(path, 0o755);
    return paths.map((path) => ({ path, change: makeLink(path, program) }));
  } catch (error) {
    throw cannotLink(directory, error);
  }
}

function makeLink(path: string, program: string): LinkChange["change"] {
  const state = stateOf(path, program);
  if (state === "current") return "unchanged";
  if (state === "missing") {
    Deno.symlinkSync(program, path);
    return "made";
  }
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  Deno.symlinkSync(program, temporary);
  Deno.renameSync(temporary, path);
  return "updated";
}

/** Removes our links in `directory`. */
export function removeLinks(directory: string, program: string): LinkChange[] {
  return Object.values(LINKS).map((name): LinkChange => {
    const path = join(directory, name);
    const state = stateOf(path, program);
    if (state === "missing") return { path, change: "unchanged" };
    if (state === "foreign") return { path, change: "kept" };
    checkWritePlace(directory);
    try {
      Deno.removeSync(path);
    } catch (error) {
      throw cannotLink(directory, error);
    }
    return { path, change: "removed" };
  });
}

/** The state of a link; `stale`: it points to another or former path of sessionctl. */
function stateOf(path: string, program: string): "missing" | "current" | "stale" | "foreign" {
  try {
    const target = Deno.readLinkSync(path);
    if (target === program) return "current";
    return target.endsWith("/sessionctl") ? "stale" : "foreign";
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "missing" : "foreign";
  }
}

function cannotLink(directory: string, error: unknown): SessionctlError {
  if (error instanceof SessionctlError) return error;
  return new SessionctlError(
    "IO_ERROR",
    `cannot change the links in ${printablePath(directory)}: ${reasonOf(error)}`,
    { hint: "choose a directory of your own for --link", cause: error },
  );
}
