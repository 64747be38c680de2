import {
  type ByteStream,
  type ChannelPeer,
  type HubOptions,
  type HubSession,
  type RegistryService,
  type RunningHub,
  serveHub,
  startChannels,
} from "../../src/ipc/mod.ts";
import { openUnixStream } from "../../src/ipc/streams/byte_stream.ts";
import type { Sandbox } from "../support/mod.ts";

/** A registry in memory, with the interface that the hub uses. */
export class FakeRegistry implements RegistryService {
  readonly sessions = new Map<string, HubSession>();
  readonly #listeners = new Set<Parameters<RegistryService["subscribe"]>[0]>();

  get listeners(): number {
    return this.#listeners.size;
  }

  snapshot(): HubSession[] {
    return [...this.sessions.values()];
  }

  subscribe(listener: Parameters<RegistryService["subscribe"]>[0]): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #emit(type: "added" | "removed" | "pruned", session: HubSession): void {
    for (const listener of this.#listeners) listener({ type, session });
  }

  find(path: string): Promise<HubSession | undefined> {
    return Promise.resolve(
      this.snapshot().find((session) =>
        this.foldersOf(session).some((folder) => path.startsWith(`${folder}/`))
      ),
    );
  }

  add(entry: unknown): Promise<HubSession> {
    const session = entry as HubSession;
    this.sessions.set(session.socketPath, session);
    this.#emit("added", session);
    return Promise.resolve(session);
  }

  remove(socketPath: string): Promise<HubSession | undefined> {
    const session = this.sessions.get(socketPath);
    this.sessions.delete(socketPath);
    if (session) this.#emit("removed", session);
    return Promise.resolve(session);
  }

  prune(): Promise<HubSession[]> {
    const dead = this.snapshot().filter(({ dead }) => dead === true);
    for (const session of dead) {
      this.sessions.delete(session.socketPath);
      this.#emit("pruned", session);
    }
    return Promise.resolve(dead);
  }

  foldersOf(session: HubSession): string[] {
    return (session.folders as string[] | undefined) ?? [];
  }
}

export interface TestHub extends RunningHub {
  readonly registry: FakeRegistry;
}

/** Starts a hub on a socket of the sandbox; it ends with the test. */
export async function startHub(
  sandbox: Sandbox,
  options: Partial<Pick<HubOptions, "limits" | "contextMs">> = {},
): Promise<TestHub> {
  const registry = new FakeRegistry();
  const running = await serveHub({
    ...options,
    registry,
    socketPath: sandbox.path("run", "hub.sock"),
    onError: (error) => {
      throw error;
    },
  });
  sandbox.defer(() => running.close());
  return { ...running, registry };
}

/** A peer that reads only while its gate is open. */
export async function gatedPeer(socketPath: string): Promise<{ peer: ChannelPeer; open(): void }> {
  const stream = await openUnixStream(socketPath);
  const gate = Promise.withResolvers<void>();
  let first = true;
  const gated: ByteStream = {
    async read(into) {
      // The server's first message lets the peer begin.
      if (!first) await gate.promise;
      first = false;
      return await stream.read(into);
    },
    write: (bytes) => stream.write(bytes),
    close: () => stream.close(),
  };
  return { peer: startChannels(gated, "slow"), open: gate.resolve };
}
