/** The product of an editor window; `editor` if unknown. */
export type EditorKind =
  | "code-server"
  | "cursor"
  | "editor"
  | "openvscode-server"
  | "vscode"
  | "vscode-insiders"
  | "vscodium"
  | "windsurf";

/** Information about an editor window from the environment of one of its processes. */
export interface WindowEvidence {
  /** The window's editor socket. */
  readonly hook: string;
  /**
   * The folder in which the editor's server was started, if the process knows it. A process that
   * works there (like tsserver) was not given a folder of the window.
   */
  readonly serverFolder?: string;
  /** Determined on demand. */
  kind(): EditorKind;
}

const decoder = new TextDecoder();

const HOOK = "VSCODE_IPC_HOOK_CLI";
const HOOK_BYTES = new TextEncoder().encode(`${HOOK}=`);

/**
 * Reads a process's environment as the kernel shows it: `NAME=VALUE` entries, each followed by a
 * NUL. Source: proc_pid_environ(5).
 *
 * @returns undefined for a process without an editor socket, or inside tmux or screen, where the
 * variable may belong to another window.
 */
export function readEnvironment(environment: Uint8Array): WindowEvidence | undefined {
  // Most processes lack the variable; the text is decoded only for those that have it.
  if (!hasVariable(environment, HOOK_BYTES)) return undefined;
  const env = variablesOf(decoder.decode(environment));
  if (env("TMUX") !== undefined || env("STY") !== undefined) return undefined;
  const hook = env(HOOK);
  if (!hook?.startsWith("/")) return undefined;
  return { hook, serverFolder: env("VSCODE_CWD"), kind: () => editorKind(env) };
}

/** Whether a variable (given with its "=") is set. */
function hasVariable(environment: Uint8Array, name: Uint8Array): boolean {
  const first = name[0]!;
  for (let at = environment.indexOf(first); at >= 0; at = environment.indexOf(first, at + 1)) {
    if (at > 0 && environment[at - 1] !== 0) continue;
    let matched = 1;
    while (matched < name.length && environment[at + matched] === name[matched]) matched++;
    if (matched === name.length) return true;
  }
  return false;
}

/**
 * Directories of the products' servers (docs/discovery.md has the sources). The first match counts,
 * because "code-server" is a part of other names.
 */
const KINDS: readonly (readonly [RegExp, EditorKind])[] = [
  [/\/\.?openvscode-server/, "openvscode-server"],
  [/\/\.vscode-server-insiders(\/|$)/, "vscode-insiders"],
  [/\/\.vscodium-server(-insiders)?(\/|$)/, "vscodium"],
  [/\/\.cursor-server(\/|$)/, "cursor"],
  [/\/\.windsurf-server(-next)?(\/|$)/, "windsurf"],
  [/\/(\.vscode-server|\.vscode-remote|vscode-server)(\/|$)|^\/vscode\/bin\/[^/]+\//, "vscode"],
  [/\/code-server/, "code-server"],
];

/** Variables that name files of the window's server, most reliable first. */
const TELLING = [
  "PATH",
  "BROWSER",
  "VSCODE_GIT_ASKPASS_NODE",
  "VSCODE_GIT_ASKPASS_MAIN",
  "VSCODE_AGENT_FOLDER",
] as const;

/**
 * The product of the window whose terminals, language servers and tasks have this environment. Its
 * server puts its `bin/remote-cli` first in `PATH`, even in a terminal of an editor that was
 * started in a terminal of another.
 *
 * Source: microsoft/vscode `src/vs/server/node/extensionHostConnection.ts` (`buildUserEnvironment`).
 *
 * @param env Returns a variable's value by name.
 */
export function editorKind(env: (name: string) => string | undefined): EditorKind {
  for (const name of TELLING) {
    const value = env(name);
    const path = name === "PATH"
      ? value?.split(":").find((directory) => directory.endsWith("/bin/remote-cli"))
      : value;
    const known = path === undefined ? undefined : KINDS.find(([pattern]) => pattern.test(path));
    if (known) return known[1];
  }
  return "editor";
}

/** Looks up variables in an environment as the kernel shows it. */
function variablesOf(environment: string): (name: string) => string | undefined {
  const text = `\0${environment}`;
  return (name) => {
    const at = text.indexOf(`\0${name}=`);
    if (at < 0) return undefined;
    const begin = at + name.length + 2;
    const end = text.indexOf("\0", begin);
    return text.slice(begin, end < 0 ? text.length : end);
  };
}
