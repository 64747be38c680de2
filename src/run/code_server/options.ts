import { join, resolve } from "@std/path/posix";
import { homeDirectory, system, type SystemContext } from "../../platform/mod.ts";

/** The sockets of a code-server; all paths are absolute. */
export interface CodeServerPaths {
  /** Its session socket, with which each window registers. */
  readonly sessionSocket: string;
  /** The Unix socket on which it serves HTTP; undefined if it listens on a TCP port. */
  readonly httpSocket: string | undefined;
}

/** The parts of the environment that a code-server uses. */
export interface CodeServerContext extends SystemContext {
  readonly cwd: string;
}

/** Options without a value, so that the next word is an operand. */
const FLAGS = new Set([
  ...["disable-telemetry", "disable-update-check", "disable-file-downloads", "help", "json"],
  ...["disable-file-uploads", "disable-workspace-trust", "disable-getting-started-override"],
  ...["disable-proxy", "open", "version", "list-extensions", "force", "show-versions"],
  ...["skip-auth-preflight", "ignore-last-opened", "new-window", "reuse-window", "verbose"],
]);
const CONCERNING = ["user-data-dir", "session-socket", "socket", "config"] as const;
type Concerning = Partial<Record<typeof CONCERNING[number], string>>;

/** Whether the name of a command is that of a code-server. */
export function isCodeServer(command: string): boolean {
  return /^code-server(-[0-9][0-9a-z.-]*)?$/.test(command.slice(command.lastIndexOf("/") + 1));
}

/**
 * The socket paths of a code-server with the arguments `args`. Its options override those of its
 * config file (`--config`, `CODE_SERVER_CONFIG`, or `code-server/config.yaml` in the configuration
 * directory), which override its defaults.
 *
 * Source: coder/code-server `src/node/cli.ts` (`parse`, `setDefaults`, `readConfigFile`) and
 * `src/node/util.ts` (`getEnvPaths`).
 *
 * @returns undefined if there is neither an option nor a home directory.
 */
export function codeServerPaths(
  args: readonly string[],
  context: CodeServerContext = { ...system, uid: system.uid, cwd: Deno.cwd() },
): CodeServerPaths | undefined {
  const given = optionsIn(args);
  const configFile = given.config ?? context.env("CODE_SERVER_CONFIG") ??
    inHome("XDG_CONFIG_HOME", ".config", context, "code-server/config.yaml");
  const config = configFile && context.readTextFile(resolve(context.cwd, configFile));
  const options: Concerning = { ...(config ? settingsIn(config) : {}), ...given };
  const data = options["user-data-dir"] ??
    inHome("XDG_DATA_HOME", ".local/share", context, "code-server");
  const sessionSocket = options["session-socket"] ?? (data && join(data, "code-server-ipc.sock"));
  if (sessionSocket === undefined) return undefined;
  const { socket } = options;
  return {
    sessionSocket: resolve(context.cwd, sessionSocket),
    httpSocket: socket === undefined ? undefined : resolve(context.cwd, socket),
  };
}

function inHome(
  variable: string,
  standard: string,
  context: SystemContext,
  path: string,
): string | undefined {
  const home = homeDirectory(context);
  const base = context.env(variable) ?? (home && join(home, standard));
  return base && join(base, path);
}

/**
 * Parses options like code-server: `--name=value`, or `--name value` unless the value begins with a
 * dash.
 */
function optionsIn(args: readonly string[]): Concerning {
  const found: Concerning = {};
  for (let at = 0; at < args.length && args[at] !== "--"; at++) {
    const match = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[at]!);
    if (!match || FLAGS.has(match[1]!)) continue;
    const next = args[at + 1];
    const value = match[2] ?? (next !== undefined && !next.startsWith("-") ? next : undefined);
    if (match[2] === undefined && value !== undefined) at++;
    if (isConcerning(match[1]!) && value) found[match[1]] = value;
  }
  return found;
}

function isConcerning(name: string): name is typeof CONCERNING[number] {
  return (CONCERNING as readonly string[]).includes(name);
}

/** The settings of a config file, which is flat YAML: `name: value` in each line. */
function settingsIn(text: string): Concerning {
  const found: Concerning = {};
  for (const line of text.split(/\r?\n/)) {
    const match = /^["']?([a-z-]+)["']?[ \t]*:[ \t]+(.*)$/.exec(line);
    if (!match || !isConcerning(match[1]!) || match[1] === "config") continue;
    const value = scalar(match[2]!);
    if (value !== "") found[match[1]!] = value;
  }
  return found;
}

/** Parses a scalar. Source: YAML 1.2.2, sections 7.3.1 to 7.3.3, as far as paths need it. */
function scalar(text: string): string {
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(text);
  if (double) return double[1]!.replace(/\\(["\\/])/g, "$1");
  const single = /^'((?:[^']|'')*)'/.exec(text);
  if (single) return single[1]!.replaceAll("''", "'");
  return text.replace(/(^|[ \t])#.*$/, "").trim();
}
