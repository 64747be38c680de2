import { callInstance, instanceEvents } from "../../ipc/mod.ts";
import { isListening } from "../../http/mod.ts";
import { errnoOf, SessionctlError } from "../../errors.ts";
import { formerVscodeMcpPaths, type InstanceScheme, workspaceSocketPath } from "../../ipc/mod.ts";
import { ownershipReason, printablePath, socketOwnership } from "../../platform/mod.ts";
import type { CallRequest } from "./request.ts";

/** The instance to call. */
export interface InstanceTarget {
  readonly socketPath: string;
  /** The name of the instance in errors. */
  readonly name: string;
  /** The workspace that the instance must report, because two workspaces may share a hash. */
  readonly workspace?: string;
}

export function instanceAt(socketPath: string): InstanceTarget {
  const name = `the instance at ${printablePath(socketPath)}`;
  switch (socketOwnership(socketPath)) {
    case "missing":
      throw new SessionctlError("NO_TARGET", `there is no socket ${printablePath(socketPath)}`);
    case "foreign":
      throw new SessionctlError(
        "FOREIGN_OWNER",
        `${printablePath(socketPath)} belongs to another user`,
      );
    case "not-a-socket":
      throw new SessionctlError("NOT_A_SOCKET", `${printablePath(socketPath)} is not a socket`);
    case "unreadable":
      throw new SessionctlError(
        "ACCESS_DENIED",
        `${printablePath(socketPath)} ${ownershipReason("unreadable")}`,
      );
    case "ours":
      return { socketPath, name };
  }
}

/**
 * @throws {SessionctlError} `NO_TARGET` if no program serves the workspace; `FOREIGN_OWNER`,
 * `NOT_A_SOCKET`.
 */
export async function workspaceInstance(
  workspace: string,
  options: { readonly scheme: InstanceScheme; readonly app: string },
): Promise<InstanceTarget> {
  const real = await Deno.realPath(workspace).catch(() => workspace);
  const paths = options.scheme === "adr"
    ? [await workspaceSocketPath(real, options)]
    : await vscodeMcpPaths(workspace, real);
  const socketPath = await usablePath(paths);
  const name = `the instance of ${printablePath(workspace)}`;
  if (socketPath === undefined) {
    throw new SessionctlError(
      "NO_TARGET",
      `no program serves the workspace ${printablePath(real)}: nothing listens on ${
        printablePath(paths[0]!)
      }`,
      { hint: "open it in a window with the companion: sessionctl companion install" },
    );
  }
  const target = { ...instanceAt(socketPath), name };
  return options.scheme === "adr" ? { ...target, workspace: real } : target;
}

/**
 * The possible socket paths of tjx666/vscode-mcp. It hashes the path under which its editor opened
 * the workspace, which may contain links; its older versions listen elsewhere.
 */
async function vscodeMcpPaths(workspace: string, real: string): Promise<string[]> {
  const spellings = [...new Set([workspace, real])];
  const paths = spellings.map((path) => workspaceSocketPath(path, { scheme: "vscode-mcp" }));
  const former = await Promise.all(spellings.map((path) => formerVscodeMcpPaths(path)));
  return [...await Promise.all(paths), ...former.flat()];
}

/** The first path that this user may use; among several, the first with a listener. */
async function usablePath(paths: readonly string[]): Promise<string | undefined> {
  const present = paths.filter((path) => socketOwnership(path) !== "missing");
  const ours = present.filter((path) => socketOwnership(path) === "ours");
  if (ours.length > 1) {
    for (const path of ours) {
      if (await isListening(path)) return path;
    }
  }
  return ours[0] ?? present[0];
}

/** @throws {SessionctlError} with a code for each kind of failure; see docs/ipc.md. */
export async function callWorkspace(
  target: InstanceTarget,
  { name, arg, timeoutMs }: CallRequest,
): Promise<unknown> {
  return await explained(target, name, async () => {
    await checkWorkspace(target, timeoutMs);
    return await callInstance(target.socketPath, name, arg ?? {}, { timeoutMs });
  });
}

async function checkWorkspace(target: InstanceTarget, timeoutMs: number): Promise<void> {
  if (target.workspace === undefined) return;
  const health = await callInstance(target.socketPath, "health", {}, { timeoutMs });
  const served = (health as { workspace?: unknown } | null)?.workspace;
  if (typeof served !== "string" || served === target.workspace) return;
  throw new SessionctlError(
    "NO_TARGET",
    `${printablePath(target.socketPath)} belongs to another workspace: ${printablePath(served)}`,
  );
}

/** Prints events until the instance ends, which is an error. */
export async function listenToInstance(
  target: InstanceTarget,
  { name, timeoutMs }: CallRequest,
  print: (value: unknown) => void,
): Promise<void> {
  await explained(target, name, async () => {
    const stop = new AbortController();
    const timer = timeoutMs === Infinity ? undefined : setTimeout(() => stop.abort(), timeoutMs);
    try {
      for await (
        const { event, data } of instanceEvents(target.socketPath, { signal: stop.signal })
      ) {
        if (event !== name) continue;
        clearTimeout(timer);
        print(data);
      }
    } finally {
      clearTimeout(timer);
    }
    throw stop.signal.aborted
      ? new SessionctlError("TIMED_OUT", `no event ${name} within ${timeoutMs} ms`)
      : new SessionctlError("CONNECTION_CLOSED", "it ended");
  });
}

/** Runs `action`, and converts its errors to ones that name the instance. */
async function explained<T>(
  target: InstanceTarget,
  method: string,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    switch (errnoOf(error)) {
      case "SOCKET_MISSING":
      case "CONNECTION_REFUSED":
        throw new SessionctlError("NO_TARGET", `nobody answers as ${target.name}`, {
          hint: `the process that listened on ${printablePath(target.socketPath)} has ended`,
          cause: error,
        });
      case "CONNECTION_CLOSED":
        throw new SessionctlError(
          "PEER_GONE",
          `${target.name} ended before it answered ${method}`,
          { cause: error },
        );
      default:
        throw error;
    }
  }
}
