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
  /** Determined on demand, from the bytes of the environment. */
  kind(): EditorKind;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const HOOK = encoder.encode("VSCODE_IPC_HOOK_CLI=");
const SERVER_FOLDER = encoder.encode("VSCODE_CWD=");
/** tmux and screen set these. */
const MULTIPLEXERS = ["TMUX=", "STY="].map((name) => encoder.encode(name));

/**
 * Reads a process's environment as the kernel shows it: `NAME=VALUE` entries, each followed by a
 * NUL. Source: proc_pid_environ(5).
 *
 * Most processes lack the variable, and a process may have a long environment, so it is searched
 * as bytes.
 *
 * @returns undefined for a process without an editor socket, or inside tmux or screen, where the
 * variable may belong to another window.
 */
export function readEnvironment(environment: Uint8Array): WindowEvidence | undefined {
  const hook = valueOf(environment, HOOK);
  if (!hook?.startsWith("/")) return undefined;
  if (MULTIPLEXERS.some((name) => positionOf(environment, name) >= 0)) return undefined;
  const kind = () => editorKind((name) => valueOf(environment, encoder.encode(`${name}=`)));
  return { hook, serverFolder: valueOf(environment, SERVER_FOLDER), kind };
}

/** The value of a variable, given with its "=". */
function valueOf(environment: Uint8Array, name: Uint8Array): string | undefined {
  const at = positionOf(environment, name);
  if (at < 0) return undefined;
  const end = environment.indexOf(0, at);
  return decoder.decode(environment.subarray(at, end < 0 ? undefined : end));
}

/** The position of a variable's value; -1 if it is not set. */
function positionOf(environment: Uint8Array, name: Uint8Array): number {
  const first = name[0]!;
  for (let at = environment.indexOf(first); at >= 0; at = environment.indexOf(first, at + 1)) {
    if (at > 0 && environment[at - 1] !== 0) continue;
    let matched = 1;
    while (matched < name.length && environment[at + matched] === name[matched]) matched++;
    if (matched === name.length) return at + matched;
  }
  return -1;
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
