import { join } from "@std/path";
import type { Sandbox } from "../../../tests/support/mod.ts";
import {
  connectOnce,
  installFromNpm,
  type RunningServer,
  scriptArguments,
  startRegistry,
  startServer,
  versionOf,
} from "../lib/mod.ts";
import type { World } from "./world.ts";

/** A registry that is measured. */
export interface Contestant {
  readonly label: string;
  readonly socket: string;
  readonly server: RunningServer;
}

/** The competitor; its label names the server that was used. */
export interface Rival extends Contestant {
  /** A note for the report. */
  readonly note: string;
}

export const CODE_SERVER = "4.100.3";
const EXPRESS = "5.1.0";

/** Starts `sessionctl serve` with its own state file. */
export async function startOurs(sandbox: Sandbox, name: string): Promise<Contestant> {
  const directory = sandbox.path(name);
  await Deno.mkdir(directory, { mode: 0o700 });
  const socket = join(directory, "registry.sock");
  const server = await startRegistry(socket, directory);
  sandbox.defer(server.stop);
  return { label: "sessionctl serve", socket, server };
}

/**
 * Starts code-server's session server or, if it is not available, an Express server with the same
 * endpoints.
 *
 * @throws {Error} if npm provides neither.
 */
export async function startRival(sandbox: Sandbox, name: string): Promise<Rival> {
  const socket = sandbox.path(`${name}.sock`);
  const node = `Node ${await versionOf("node", "--version")}`;
  try {
    const directory = await installCodeServer();
    const contestant = await startNode(sandbox, "session_server.cjs", directory, socket);
    const note = `code-server is npm's ${CODE_SERVER}, its \`out/node/vscodeSocket.js\` alone ` +
      `under ${node}. It keeps sessions in memory only.`;
    return { ...contestant, label: `code-server ${CODE_SERVER}`, note };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    const directory = await installFromNpm({
      name: "express",
      dependencies: { express: EXPRESS },
    });
    const contestant = await startNode(sandbox, "express_server.cjs", directory, socket);
    const note = `code-server ${CODE_SERVER} could not be run here (${reason}), so the ` +
      `comparison is with a plain Express ${EXPRESS} server with the same endpoints under ${node}.`;
    return { ...contestant, label: `Express ${EXPRESS}`, note };
  }
}

/**
 * code-server with an argon2 that includes its binary, because the pinned one's build script
 * downloads it.
 */
export function installCodeServer(): Promise<string> {
  return installFromNpm({
    name: "code-server",
    dependencies: { "code-server": CODE_SERVER },
    overrides: { argon2: "0.44.0" },
  });
}

async function startNode(
  sandbox: Sandbox,
  script: string,
  directory: string,
  socket: string,
): Promise<Omit<Contestant, "label">> {
  const server = await startServer({
    command: "node",
    args: [join(import.meta.dirname!, script), directory, socket],
    env: { HOME: sandbox.path("home") },
    ready: () => connectOnce(socket),
  });
  sandbox.defer(server.stop);
  return { socket, server };
}

/** Starts the server that parses nothing; it shows the load generator's limit. */
export async function startCeiling(sandbox: Sandbox, world: World): Promise<Contestant> {
  const socket = sandbox.path("ceiling.sock");
  const server = await startServer({
    command: Deno.execPath(),
    args: [
      ...scriptArguments(join(import.meta.dirname!, "ceiling_server.ts")),
      socket,
      world.sampleAnswer,
    ],
    ready: () => connectOnce(socket),
  });
  sandbox.defer(server.stop);
  return { label: "the generator's ceiling", socket, server };
}
