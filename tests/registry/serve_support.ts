import { basename, dirname, join } from "@std/path";
import { requestUnix } from "../../src/http/mod.ts";
import type { Health, ListedSession } from "../../src/registry/protocol.ts";
import {
  compiled,
  endListener,
  type Program,
  type Running,
  type Sandbox,
  spawn,
  until,
} from "../support/mod.ts";

export { until };

export interface ServerOptions {
  readonly program?: Program;
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
  /** The socket; by default, the sandbox's default path. */
  readonly socket?: string;
  /** The state file; `null` keeps no state. */
  readonly state?: string | null;
}

/** A running `sessionctl serve`. */
export interface Server extends Running {
  readonly socket: string;
  /** The text on stderr so far. */
  said(): string;
}

export function defaultSocket(sandbox: Sandbox): string {
  return sandbox.path("run/sessionctl/registry.sock");
}

/** Starts `sessionctl serve` without waiting, because it may fail. */
export function spawnServer(sandbox: Sandbox, options: ServerOptions = {}): Server {
  const { program = compiled, args = [], env, socket, state = sandbox.path("state.db") } = options;
  const running = spawn({ ...sandbox, env: { ...sandbox.env, ...env } }, program.command, [
    ...program.args,
    "serve",
    ...(state === null ? ["--no-state"] : ["--state", state]),
    ...(socket === undefined ? [] : ["--socket", socket]),
    ...args,
  ]);
  return {
    ...running,
    socket: socket ?? defaultSocket(sandbox),
    said: () => running.errors.join("\n"),
  };
}

/** Starts `sessionctl serve` and waits until it listens. By default, it never prunes. */
export async function startServer(sandbox: Sandbox, options: ServerOptions = {}): Promise<Server> {
  const args = ["--prune-interval", "never", ...options.args ?? []];
  const server = spawnServer(sandbox, { ...options, args });
  let ended = false;
  server.child.status.then(() => ended = true);
  await until("the server listens", () => server.lines.length > 0 || ended);
  if (server.lines.length === 0) throw new Error(`serve ended: ${server.said()}`);
  return server;
}

/**
 * Sends one request, with a long time limit because the machine may be busy.
 *
 * @param owner The owner of the socket, if not the test's user.
 */
export function ask(socket: string, target: string, json?: unknown, owner?: number) {
  const method = json === undefined ? "GET" : "POST";
  const allowOwners = owner === undefined ? [] : [owner];
  return requestUnix(socket, { method, target, json, timeoutMs: 20_000, allowOwners });
}

export function register(socket: string, socketPath: string, ...folders: string[]) {
  return ask(socket, "/add-session", { entry: { socketPath, workspace: { folders } } });
}

export async function lookup(socket: string, path: string): Promise<string | undefined> {
  const answer = await ask(socket, `/session?filePath=${encodeURIComponent(path)}`);
  return (answer.json() as { socketPath?: string }).socketPath;
}

export async function sessionsOf(socket: string): Promise<ListedSession[]> {
  return ((await ask(socket, "/v1/sessions")).json() as { sessions: ListedSession[] }).sessions;
}

export async function healthOf(socket: string, owner?: number): Promise<Health> {
  return (await ask(socket, "/healthz", undefined, owner)).json() as Health;
}

/** The pid of the server that answers at `socket`; undefined if none does. */
export async function pidAt(socket: string): Promise<number | undefined> {
  try {
    return (await healthOf(socket)).pid;
  } catch {
    return undefined;
  }
}

/** Waits until the server with `pid` answers at `socket`. */
export async function untilServedBy(pid: number, socket: string): Promise<void> {
  const limit = Date.now() + 30_000;
  while (await pidAt(socket) !== pid) {
    if (Date.now() > limit) throw new Error(`${pid} never came back to ${socket}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Creates a socket file without a listener, as a killed program leaves it. */
export function leaveDeadSocket(path: string): void {
  const listener = Deno.listen({ transport: "unix", path: `${path}~` });
  Deno.renameSync(`${path}~`, path);
  endListener(listener);
}

/** The options of a test that has to become another user. */
export const asRoot = { ignore: Deno.build.os !== "linux" || Deno.uid() !== 0 };

/** A user id that does not exist, so that its paths under /tmp belong to this test alone. */
export function unusedUid(): number {
  return 100_000 + crypto.getRandomValues(new Uint32Array(1))[0]! % 1_000_000_000;
}

/**
 * Runs `program` as another user, who becomes the owner of the sandbox. The program gets a name in
 * the sandbox, because that user may not be allowed to enter the folder of the repository.
 */
export async function asUser(sandbox: Sandbox, uid: number): Promise<Program> {
  const command = sandbox.path("user-bin/sessionctl");
  await Deno.mkdir(dirname(command));
  await new Deno.Command("chown", { args: ["-R", `${uid}:${uid}`, sandbox.directory] }).output();
  // Only now, because a hard link shares its owner with the built program.
  await Deno.link(compiled.command, command)
    .catch(() => Deno.copyFile(compiled.command, command));
  return {
    name: "compiled",
    command: "setpriv",
    args: [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", command],
  };
}

/**
 * Starts a second server at the path of the first, after moving the first one's directory away.
 *
 * @returns also the socket by which the first can still be reached.
 */
export async function serveInPlace(
  sandbox: Sandbox,
  first: Server,
): Promise<{ newcomer: Server; former: string }> {
  const directory = sandbox.path("run/former");
  // A stopped process cannot take the path back before the other server starts.
  first.child.kill("SIGSTOP");
  await Deno.rename(dirname(first.socket), directory);
  const newcomer = await startServer(sandbox, { state: null });
  first.child.kill("SIGCONT");
  return { newcomer, former: join(directory, basename(first.socket)) };
}

/** Mounts a file system of `bytes` in the sandbox; false where that is not allowed. */
export async function mountSmall(
  sandbox: Sandbox,
  path: string,
  bytes: number,
): Promise<boolean> {
  await Deno.mkdir(path);
  const mount = new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", `size=${bytes},mode=700`, "tmpfs", path],
    stderr: "null",
  });
  if (!(await mount.output()).success) return false;
  sandbox.defer(async () => void await new Deno.Command("umount", { args: ["-l", path] }).output());
  return true;
}
