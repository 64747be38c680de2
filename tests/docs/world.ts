import { assertEquals } from "@std/assert";
import { basename, dirname, join, resolve } from "@std/path";
import { hubOf } from "../ipc/cli_support.ts";
import { makeCertificate, writePair } from "../relay/support.ts";
import { makeSmallRelease } from "../release/support.ts";
import { ask, startServer } from "../registry/serve_support.ts";
import {
  type EditorMessage,
  type FakeEditor,
  freePort,
  type Sandbox,
  spawn,
  startEditor,
  until,
} from "../support/mod.ts";
import { writeStubs } from "./stubs.ts";

const root = resolve(import.meta.dirname!, "../..");

/** The setting of every document: ann's machine, seen from a terminal of a window. */
export interface World {
  readonly sandbox: Sandbox;
  readonly env: Record<string, string>;
  /** The folder in which each block starts: `~/api`. */
  readonly project: string;
  /** The window that has `~/api` open. */
  readonly editor: FakeEditor;
  /** The pid of the registry that is already running. */
  readonly registryPid: number;
  /** A command as written, with ann's paths and ports replaced by the sandbox's. */
  actual(text: string): string;
  /** Printed text, with the sandbox's paths and ports replaced by ann's. */
  shown(text: string): string;
}

/**
 * Prepares ann's home: `~/api` and `~/web`, each open in a window that the running registry knows,
 * and everything else that the documents' commands name.
 */
export async function makeWorld(sandbox: Sandbox, text: string): Promise<World> {
  hasCompanion = true;
  const home = sandbox.env.HOME!;
  const runtime = sandbox.env.XDG_RUNTIME_DIR!;
  const project = join(home, "api");
  const windows = { api: join(runtime, "vscode-ipc-3f2a.sock") };
  await writeFiles(home);
  await writeStubs(sandbox.path("stubs"), root);
  const editor = await startEditor(sandbox, {
    socketPath: windows.api,
    answer: answerLikeEditor,
  });
  const web = join(runtime, "vscode-ipc-77c0.sock");
  await startEditor(sandbox, { socketPath: web, answer: answerLikeEditor });
  await startEditor(sandbox, { socketPath: join(runtime, "editor.sock") });
  await writeRelayFiles(sandbox, project);
  if (text.includes("install.sh")) {
    await makeSmallRelease(sandbox, "0.1.0", sandbox.path("release"));
  }
  const state = join(home, ".local/state/sessionctl/registry.db");
  await Deno.mkdir(dirname(state), { recursive: true, mode: 0o700 });
  const registry = await startServer(sandbox, { state });
  const env = environment(sandbox, windows.api);
  const api = { socketPath: windows.api, relaySocket: join(runtime, "editor.sock") };
  await add(registry.socket, { ...api, workspace: { folders: [project] } });
  await add(registry.socket, { socketPath: web, workspace: { folders: [join(home, "web")] } });
  if (/sessionctl (call|where)/.test(text)) {
    await startWindow(sandbox, env, windows.api, project);
  }
  if (/sessionctl where/.test(text)) {
    const companion = { source: "companion", companion: "0.1.0", kind: "code-server" };
    for (const [socketPath, focused] of [[web, false], [windows.api, true]]) {
      const entry = { ...companion, socketPath, focused, focusedAt: Date.now() - 240_000 };
      await add(registry.socket, entry);
    }
  }
  if (/\bgit\b/.test(text)) await makeRepository(env, project);
  return {
    sandbox,
    env,
    project,
    editor,
    registryPid: registry.child.pid,
    ...translation([[runtime, "/run/user/1000"], [home, "/home/ann"]], text),
  };
}

function environment(sandbox: Sandbox, hook: string): Record<string, string> {
  const { PATH, ...env } = sandbox.env;
  return {
    ...env,
    PATH: [sandbox.path("stubs"), join(root, "dist"), PATH].join(":"),
    VSCODE_IPC_HOOK_CLI: hook,
    // Otherwise a document's `stop` could end the registry of the user who runs the tests.
    SESSIONCTL_SOCKET: join(sandbox.env.XDG_RUNTIME_DIR!, "sessionctl", "registry.sock"),
    TERM: "dumb",
    TERM_PROGRAM: "vscode",
    LC_ALL: "C.UTF-8",
    SHELL: "/bin/bash",
    USER: "ann",
    GIT_CONFIG_NOSYSTEM: "1",
  };
}

async function writeFiles(home: string): Promise<void> {
  const files: Record<string, string> = {
    "api/Makefile": "all:\n",
    "api/file.ts": "export {};\n",
    "api/main.ts": "export {};\n",
    "api/src/main.ts": "export {};\n".repeat(20),
    "api/a.txt": "a\n",
    "api/b.txt": "b\n",
    "web/index.html": "<p>\n",
    ".gitconfig": "[user]\nname = Ann\nemail = ann@localhost\n",
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(home, name)), { recursive: true });
    await Deno.writeTextFile(join(home, name), text);
  }
  // A clone of this repository, with only the scripts that the documents run.
  await Deno.mkdir(join(home, "api", "scripts"));
  await Deno.symlink("../../../stubs/deno", join(home, "api", "scripts", "deno"));
  for (const name of ["install.sh"]) {
    await Deno.symlink(join(root, "scripts", name), join(home, "api", "scripts", name));
  }
}

async function writeRelayFiles(sandbox: Sandbox, directory: string): Promise<void> {
  const { cert, key } = await writePair(sandbox, await makeCertificate());
  await Deno.rename(cert, join(directory, "cert.pem"));
  await Deno.rename(key, join(directory, "key.pem"));
  await Deno.writeTextFile(join(directory, "token"), `${"0123456789abcdef".repeat(4)}\n`, {
    mode: 0o600,
  });
}

let hasCompanion = true;

/**
 * Answers like an editor whose user closes each tab immediately, and writes a message for git
 * first.
 */
function answerLikeEditor(message: EditorMessage): unknown {
  if (message.type === "extensionManagement") {
    if (message.uninstall?.length > 0) hasCompanion = false;
    const versions = message.list?.showVersions && hasCompanion;
    return `denoland.vscode-deno${versions ? "\nsessionctl.companion@0.1.0" : ""}`;
  }
  if (message.type !== "open" || !message.waitMarkerFilePath) return null;
  for (const uri of message.fileURIs as string[]) {
    const path = decodeURIComponent(new URL(uri).pathname);
    if (basename(path) === "COMMIT_EDITMSG") Deno.writeTextFileSync(path, "A message\n");
  }
  Deno.removeSync(message.waitMarkerFilePath);
  return null;
}

/** Registers a session. */
async function add(socket: string, entry: Record<string, unknown>): Promise<void> {
  assertEquals((await ask(socket, "/add-session", { entry })).status, 200);
}

async function makeRepository(env: Record<string, string>, cwd: string): Promise<void> {
  await mustRun("git", ["init", "--quiet"], { cwd, env });
  await mustRun("git", ["add", "file.ts", "src"], { cwd, env });
  await mustRun("git", ["commit", "--quiet", "--message=Begin"], { cwd, env });
}

async function mustRun(
  command: string,
  args: string[],
  options: Deno.CommandOptions,
): Promise<void> {
  const child = new Deno.Command(command, { ...options, args, clearEnv: true, stdin: "null" });
  const { success, stderr } = await child.output();
  if (!success) throw new Error(`${command} ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

async function startWindow(
  sandbox: Sandbox,
  env: Record<string, string>,
  session: string,
  workspace: string,
): Promise<void> {
  const script = join(root, "tests/docs/window.ts");
  const args = ["run", "--quiet", "--allow-all", "--no-check", script];
  const window = spawn({ ...sandbox, env }, Deno.execPath(), [
    ...args,
    hubOf(sandbox),
    session,
    workspace,
  ]);
  await until("the window is ready", () => window.lines.length > 0);
}

/** Translates between ann's paths and the sandbox's, and between written ports and free ones. */
function translation(paths: readonly (readonly [string, string])[], text: string) {
  const ports = new Map<string, string>();
  for (const [, port] of text.matchAll(/(?<=[\w\]]):([0-9]{4,5})\b/g)) {
    if (!ports.has(port!)) ports.set(port!, String(freePort()));
  }
  const swap = (text: string, pairs: Iterable<readonly [string, string]>) =>
    [...pairs].reduce((result, [from, to]) => result.replaceAll(from, to), text);
  const both = [...paths, ...[...ports].map(([written, free]) => [`:${free}`, `:${written}`])];
  return {
    actual: (text: string) => swap(text, both.map(([real, written]) => [written!, real!])),
    shown: (text: string) => swap(text, both.map(([real, written]) => [real!, written!])),
  };
}
