import { requestUnix } from "../../src/http/mod.ts";
import type { Link } from "../../src/links/mod.ts";
import { compiled, type Running, type Sandbox, spawn, until } from "../support/mod.ts";

/** A registry of the compiled binary with a link to `hostb`, and functions for its far end. */
export interface LinkedRegistry {
  readonly socket: string;
  readonly link: Link;
  readonly serving: Running;
  /** The messages about the link in its log. */
  log(): string[];
  /** Sends a request like the machine at the far end. @returns the answer. */
  ask(path: string, body?: unknown): Promise<Record<string, unknown>>;
}

export async function startServing(
  sandbox: Sandbox,
  ...args: string[]
): Promise<{ socket: string; serving: Running }> {
  const socket = sandbox.path("run", "sessionctl", "registry.sock");
  const serving = spawn(sandbox, compiled.command, ["serve", ...args]);
  await until("the registry listens", () => serving.lines.length > 0);
  return { socket, serving };
}

export async function makeLink(
  socket: string,
  destination: string,
  authority: string,
): Promise<Link> {
  const request = { method: "POST", target: "/v1/links", timeoutMs: 10_000 };
  const answer = await requestUnix(socket, { ...request, json: { destination, authority } });
  return (answer.json() as { link: Link }).link;
}

export async function askLink(
  socketPath: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const answer = await requestUnix(socketPath, {
    method: body === undefined ? "GET" : "POST",
    target: path,
    timeoutMs: 30_000,
    json: body,
  });
  return answer.json() as Record<string, unknown>;
}

export async function startLinkedRegistry(
  sandbox: Sandbox,
  ...args: string[]
): Promise<LinkedRegistry> {
  const { socket, serving } = await startServing(sandbox, ...args);
  const link = await makeLink(socket, "hostb", "ssh-remote+hostb");
  return {
    socket,
    link,
    serving,
    log: () => serving.errors.filter((line) => line.includes("hostb")),
    ask: (path, body) => askLink(link.socketPath, path, body),
  };
}

/** A delivery of files of hostb. */
export function deliveryOf(paths: readonly string[], change: Record<string, unknown> = {}) {
  return {
    version: 1,
    from: { host: "b", user: "ann" },
    authority: "ssh-remote+hostb",
    mode: "open",
    items: paths.map((path) => ({ kind: "file", path })),
    ...change,
  };
}
