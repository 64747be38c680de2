import { join } from "@std/path/posix";
import { system, type SystemContext } from "../platform/mod.ts";

/** Where a server keeps its own command line for the terminals of its windows. */
const REMOTE_CLI = "bin/remote-cli";

/** Variables of a window's processes that name a file of its server, and where that file lies. */
const TELLING: readonly (readonly [name: string, file: RegExp])[] = [
  ["BROWSER", /\/bin\/helpers\/[^/]+$/],
  ["VSCODE_GIT_ASKPASS_MAIN", /\/extensions\/git\/dist\/[^/]+$/],
];

/**
 * The command line that the editor's server brings along for the window whose terminal (or
 * other process) we are in: the server puts its folder first in `PATH`.
 *
 * Source: microsoft/vscode `src/vs/server/node/extensionHostConnection.ts` (`buildUserEnvironment`).
 *
 * @returns undefined when nothing in the environment names one that is there.
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

/** The folder has one program: `code`, `code-server`, or what the product calls it. */
function programIn(directory: string): string | undefined {
  try {
    for (const { name } of Deno.readDirSync(directory)) {
      const program = join(directory, name);
      const { isFile, mode } = Deno.statSync(program);
      if (isFile && ((mode ?? 0) & 0o111) !== 0 && !isOurs(program)) return program;
    }
  } catch { /* The server was replaced by another version since, or is not ours to look at. */ }
  return undefined;
}

function isOurs(program: string): boolean {
  return Deno.build.standalone && Deno.realPathSync(program) === Deno.realPathSync(Deno.execPath());
}
