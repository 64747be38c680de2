/** Which product an editor window is of; `editor` when that cannot be told. */
export type EditorKind =
  | "code-server"
  | "cursor"
  | "editor"
  | "openvscode-server"
  | "vscode"
  | "vscode-insiders"
  | "vscodium"
  | "windsurf";

/** What a process's environment says of the editor window it belongs to. */
export interface WindowEvidence {
  /** Its editor socket. */
  readonly hook: string;
  /** Looked up when it is asked for, in the bytes as they are then. */
  kind(): EditorKind;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const HOOK = encoder.encode("VSCODE_IPC_HOOK_CLI=");
const TMUX = encoder.encode("TMUX=");
const SCREEN = encoder.encode("STY=");

/**
 * Reads a process's environment as the kernel shows it: `NAME=VALUE` and a NUL, over
 * and over. Source: proc_pid_environ(5).
 *
 * @returns undefined for a process that has no editor socket, or is inside tmux or
 * screen, where the variable may be of another window.
 */
export function readEnvironment(environment: Uint8Array): WindowEvidence | undefined {
  const at = variableAt(environment, HOOK);
  if (at < 0) return undefined;
  if (variableAt(environment, TMUX) >= 0 || variableAt(environment, SCREEN) >= 0) return undefined;
  const end = environment.indexOf(0, at);
  const hook = decoder.decode(environment.subarray(at, end < 0 ? environment.length : end));
  if (!hook.startsWith("/")) return undefined;
  return { hook, kind: () => editorKind(variablesOf(decoder.decode(environment))) };
}

/** Where the value of a variable (named with its "=") begins; -1 if it is not there. */
function variableAt(environment: Uint8Array, name: Uint8Array): number {
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
 * Directories of the products' servers (docs/discovery.md has the sources); the first that
 * matches counts, because "code-server" is a part of others' names.
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

/** Variables that name files of the window's server, the most telling first. */
const TELLING = [
  "PATH",
  "BROWSER",
  "VSCODE_GIT_ASKPASS_NODE",
  "VSCODE_GIT_ASKPASS_MAIN",
  "VSCODE_AGENT_FOLDER",
] as const;

/**
 * Which product the window is of whose terminals, language servers and tasks have this
 * environment. Its server puts its `bin/remote-cli` before everything else in `PATH`, even in
 * a terminal of an editor that was started in a terminal of another.
 *
 * Source: microsoft/vscode `src/vs/server/node/extensionHostConnection.ts` (`buildUserEnvironment`).
 *
 * @param env A variable's value by its name.
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

/** A lookup in an environment as the kernel shows it. */
function variablesOf(environment: string): (name: string) => string | undefined {
  return (name) => {
    const begin = `\0${environment}`.indexOf(`\0${name}=`) + name.length + 1;
    if (begin <= name.length) return undefined;
    const end = environment.indexOf("\0", begin);
    return environment.slice(begin, end < 0 ? environment.length : end);
  };
}
