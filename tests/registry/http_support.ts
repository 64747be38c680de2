import { requestUnix } from "../../src/http/mod.ts";
import { type RegistryServer, type ServeOptions, serveRegistry } from "../../src/registry/mod.ts";
import type { ListedSession } from "../../src/registry/protocol.ts";
import type { Sandbox } from "../support/mod.ts";

export interface TestRegistry extends RegistryServer {
  /** Sends one request, with a long time limit because the machine may be busy. */
  ask(target: string, json?: unknown): Promise<{ status: number; text: string; json: unknown }>;
  add(socketPath: string, ...folders: string[]): Promise<void>;
  find(path: string): Promise<string | undefined>;
  sessions(): Promise<ListedSession[]>;
}

/** Starts a registry in this process, without a state file; it ends with the sandbox. */
export async function startTestRegistry(
  sandbox: Sandbox,
  options: Partial<ServeOptions> = {},
): Promise<TestRegistry> {
  const socketPath = sandbox.path("run", "sessionctl", "registry.sock");
  const server = await serveRegistry({ socketPath, pruneIntervalMs: Infinity, ...options });
  sandbox.defer(() => server.close());
  const ask: TestRegistry["ask"] = async (target, json) => {
    const method = json === undefined ? "GET" : "POST";
    const answer = await requestUnix(socketPath, { method, target, json, timeoutMs: 20_000 });
    const text = answer.text();
    const isJson = answer.headers.get("content-type") === "application/json";
    return { status: answer.status, text, json: isJson ? JSON.parse(text) : undefined };
  };
  return {
    socketPath,
    registry: server.registry,
    finished: server.finished,
    health: () => server.health(),
    close: () => server.close(),
    ask,
    async add(socketPath, ...folders) {
      await server.registry.add({ socketPath, workspace: { folders } });
    },
    async find(path) {
      const answer = await ask(`/session?filePath=${encodeURIComponent(path)}`);
      return (answer.json as { socketPath?: string }).socketPath;
    },
    async sessions() {
      return ((await ask("/v1/sessions")).json as { sessions: ListedSession[] }).sessions;
    },
  };
}
