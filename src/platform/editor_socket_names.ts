import { join } from "@std/path/posix";
import { CLI_SOCKET_NAME, editorSocketDirectories } from "./paths.ts";
import { usesPipes } from "./pipe_name.ts";
import { system, type SystemContext } from "./system.ts";

/**
 * Whether there may be an editor socket: a file in the directories that editors use has such a
 * name, whoever owns it. This only reads names, so that a machine without editor sockets does not
 * load the code that examines them. Always true on Windows.
 *
 * @param allowOwners Further user ids whose runtime directories count (`--allow-owner`).
 */
export function mayHaveEditorSockets(
  context: SystemContext = system,
  allowOwners: readonly number[] = [],
): boolean {
  if (usesPipes(context)) return true;
  const isHere = (directory: string) =>
    namesIn(directory).some((name) => CLI_SOCKET_NAME.test(name));
  return editorSocketDirectories(context, allowOwners).some((directory) =>
    namesIn(directory).some((name) => {
      if (CLI_SOCKET_NAME.test(name)) return true;
      // Flatpak and snap give their editors separate directories.
      const inner = join(directory, name);
      if (name === "app") return namesIn(inner).some((id) => isHere(join(inner, id)));
      return name.startsWith("snap.") && isHere(inner);
    })
  );
}

function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch {
    return []; // Missing, or not readable by this user.
  }
}
