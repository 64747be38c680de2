import { dirname, join, resolve } from "@std/path";
import type { CodeServer } from "../../../scripts/e2e/mod.ts";
import { compiled, type Running, type Sandbox, spawn } from "../../support/mod.ts";
import { eventually, PATIENCE_MS } from "./limits.ts";
import { packExtension } from "./extension.ts";
import { output } from "./output.ts";

/** No dialog covers the first file, and no content is downloaded. */
const SETTINGS = {
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.editor.enablePreview": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.commandCenter.enabled": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  // The terminal's text is then readable in the page.
  "terminal.integrated.gpuAcceleration": "off",
  "terminal.integrated.defaultProfile.linux": "bash",
};

/** The name of the editor server in `sessionctl run --list`. */
export const RUN_NAME = "editor";

/** A server's process and its address. */
export interface EditorServer {
  readonly process: Running;
  /** The socket on which it serves HTTP. */
  readonly socket: string;
}

/** Stops a process gently, so that it ends the processes it started; then by force. */
export function endWithSandbox(sandbox: Sandbox, { child, stop }: Running): void {
  sandbox.defer(async () => {
    const killer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS / 3);
    await stop("SIGTERM");
    clearTimeout(killer);
  });
}

async function untilLine(what: string, running: Running): Promise<string> {
  let ended = false;
  running.ended.then(() => ended = true);
  await eventually(`${what} says it listens`, () => running.lines.length > 0 || ended);
  if (running.lines.length === 0) {
    throw new Error(`${what} ended:\n${running.errors.join("\n")}`);
  }
  return running.lines[0]!;
}

/** Starts `sessionctl serve` and waits until it listens. */
export async function startRegistry(sandbox: Sandbox): Promise<Running> {
  const args = ["serve", "--state", sandbox.path("registry.db"), "--prune-interval", "1s"];
  const registry = spawn(sandbox, compiled.command, args);
  await untilLine("the registry", registry);
  return registry;
}

export interface EditorOptions {
  /** Whether its data folder does not exist yet, as for a new user; it then lacks our settings. */
  readonly firstStart?: boolean;
  /** Whether the companion extension is installed before the server starts. */
  readonly companion?: boolean;
  /** The code of further extensions to install beforehand, by their identifiers. */
  readonly extensions?: Readonly<Record<string, string>>;
  /** Settings that extend or replace ours. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Variables of the server and of all processes it starts. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether untrusted folders are restricted. */
  readonly workspaceTrust?: boolean;
}

const COMPANION = resolve(import.meta.dirname!, "../../../dist/companion.vsix");

async function extensionPackages(
  sandbox: Sandbox,
  { companion, extensions = {} }: EditorOptions,
): Promise<string[]> {
  const made = Object.entries(extensions).map(([id, code]) => packExtension(sandbox, id, code));
  return [...(companion ? [COMPANION] : []), ...await Promise.all(made)];
}

/** Starts code-server under `sessionctl run`, and waits until it answers. */
export async function startEditorServer(
  sandbox: Sandbox,
  { home }: CodeServer,
  options: EditorOptions,
): Promise<EditorServer> {
  const data = sandbox.path("data");
  const socket = sandbox.path("editor.sock");
  if (!options.firstStart) {
    await Deno.mkdir(join(data, "User"), { recursive: true });
    const settings = JSON.stringify({ ...SETTINGS, ...options.settings });
    await Deno.writeTextFile(join(data, "User", "settings.json"), settings);
  }
  // The editor asks a login shell for the environment, which resets PATH.
  const profile = `export PATH=${sandbox.env.PATH} PS1='$ '\n`;
  await Deno.writeTextFile(sandbox.path("home", ".bashrc"), profile);
  const command = join(dirname(home), ".bin", "code-server");
  const packages = await extensionPackages(sandbox, options);
  if (packages.length > 0) {
    const install = packages.flatMap((path) => ["--install-extension", path]);
    await output(sandbox, command, ["--user-data-dir", data, ...install]);
  }
  const environment = { ...sandbox, env: { ...sandbox.env, ...options.variables } };
  const process = spawn(environment, compiled.command, [
    ...["run", "--name", RUN_NAME, "--", command],
    ...["--auth", "none", "--socket", socket, "--user-data-dir", data],
    ...["--disable-telemetry", "--disable-update-check"],
    ...(options.workspaceTrust ? [] : ["--disable-workspace-trust"]),
    "--disable-getting-started-override",
  ]);
  endWithSandbox(sandbox, process);
  await untilAccepting(socket);
  return { process, socket };
}

/** Waits until a server accepts connections at `path`. */
export async function untilAccepting(path: string): Promise<void> {
  await eventually(`${path} accepts`, async () => {
    try {
      (await Deno.connect({ transport: "unix", path })).close();
      return true;
    } catch {
      return false;
    }
  });
}

/** A relay's process and its address. */
export interface Relay {
  readonly process: Running;
  readonly url: string;
}

/** Starts `sessionctl relay` with a temporary certificate. */
export async function startRelay(sandbox: Sandbox, to: string): Promise<Relay> {
  const args = ["relay", "--json", "--listen", "127.0.0.1:0", "--self-signed", "--to", to];
  const process = spawn(sandbox, compiled.command, args);
  const { address } = JSON.parse(await untilLine("the relay", process)) as { address: string };
  return { process, url: `https://localhost:${/[0-9]+$/.exec(address)![0]}` };
}
