import { join } from "@std/path";
import { system, type SystemContext } from "../platform/mod.ts";

/** The folder in which a server keeps its own command line for its windows' terminals. */
const REMOTE_CLI = "bin/remote-cli";

/** Variables of a window's processes that name a file of its server, with the path of that file. */
const TELLING: readonly (readonly [name: string, file: RegExp])[] = [
  ["BROWSER", /\/bin\/helpers\/[^/]+$/],
  ["VSCODE_GIT_ASKPASS_MAIN", /\/extensions\/git\/dist\/[^/]+$/],
];

/**
 * Finds the command line of the editor's server for the window in whose terminal (or other process)
 * we run: the server puts its folder first in `PATH`.
 *
 * Source: microsoft/vscode `src/vs/server/node/extensionHostConnection.ts` (`buildUserEnvironment`).
 *
 * @returns undefined if the environment names no existing one.
 */
export function findRemoteCli(context: SystemContext = system): string | undefined {
  const inPath = (context.env("PATH") ?? "").split(":")
    .filter((directory) => directory.startsWith("/") && directory.endsWith(`/${REMOTE_CLI}`));
  const besides = TELLING.flatMap(([name, file]) => {
    const value = context.env(name);
    return value && file.test(value) ? [join(value.replace(file, ""), REMOTE_CLI)] : [];
  });
  for (const directory of [...inPath, ...besides]) {
    const program = programIn(directory);
    if (program !== undefined) return program;
  }
  return undefined;
}

/** The folder's program: `code`, `code-server`, or the product's name for it. */
function programIn(directory: string): string | undefined {
  try {
    // code-server's folder also contains scripts for other systems, NAME.sh and NAME.cmd.
    const names = Array.from(Deno.readDirSync(directory), ({ name }) => name)
      .filter((name) => !/\.(?:sh|cmd)$/.test(name));
    return names.map((name) => join(directory, name)).find(isUsable);
  } catch {
    return undefined; // The server was replaced by another version, or is not readable.
  }
}

function isUsable(program: string): boolean {
  const { isFile, mode } = Deno.statSync(program);
  if (!isFile || ((mode ?? 0) & 0o111) === 0) return false;
  return !Deno.build.standalone ||
    Deno.realPathSync(program) !== Deno.realPathSync(Deno.execPath());
}
