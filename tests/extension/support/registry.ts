import type { ListedSession } from "../../../src/registry/protocol.ts";
import { defaultSocket, sessionsOf } from "../../registry/serve_support.ts";
import { compiled, run, type Running, type Sandbox, spawn, until } from "../../support/mod.ts";
import { type ExtensionHost, startHost } from "./host.ts";

/** Starts a registry that keeps its state in the sandbox. */
export async function startRegistry(sandbox: Sandbox): Promise<Running> {
  const args = ["serve", "--state", sandbox.path("registry.db"), "--prune-interval", "1h"];
  const registry = spawn(sandbox, compiled.command, args);
  await until("the registry listens", () => registry.lines.length > 0);
  return registry;
}

/** A session as `list --json` prints it. */
export type Listed = Readonly<Record<string, unknown>>;

export async function sessions(sandbox: Sandbox): Promise<Listed[]> {
  const { stdout } = await run(compiled, sandbox, { args: ["list", "--json"] });
  return JSON.parse(stdout);
}

/** A window of a remote editor on the sandbox's own folder. */
export function remoteWindow(sandbox: Sandbox, focused = true): Promise<ExtensionHost> {
  return startHost(sandbox, {
    calls: [["folders", [sandbox.directory]], ["focus", focused]],
    env: { appName: "code-server", remoteName: "localhost:8080" },
    variables: { VSCODE_IPC_HOOK_CLI: sandbox.path("run/vscode-ipc-1.sock") },
  });
}

/** Waits until the registry's first session meets the condition. */
export function untilSession(
  sandbox: Sandbox,
  what: string,
  holds: (session: ListedSession | undefined) => boolean,
): Promise<void> {
  const socket = defaultSocket(sandbox);
  return until(what, async () => holds((await sessionsOf(socket))[0]), 20_000, 50);
}
