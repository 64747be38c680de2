import { requestUnix } from "../platform/http/mod.ts";
import { registrySocketCandidates, SessionctlError } from "../platform/mod.ts";

export interface Session {
  readonly socketPath: string;
  readonly kind: string;
}
export interface RankedSession {
  readonly session: Session;
  readonly folder: string | null;
  readonly liveness: "live" | "unresponsive";
}

export class RegistryClient {
  constructor(private readonly options: { socket?: string; timeoutMs?: number } = {}) {}
  async candidates(filePath: string, options: { limit?: number } = {}): Promise<RankedSession[]> {
    const answer = await this.#get(
      `/v1/candidates?filePath=${encodeURIComponent(filePath)}&limit=${options.limit}`,
    );
    return (answer as { candidates: RankedSession[] }).candidates;
  }
  async list(): Promise<Session[]> {
    return (await this.#get("/v1/sessions") as { sessions: Session[] }).sessions;
  }
  async #get(target: string): Promise<unknown> {
    const tried: string[] = [];
    for (const path of registrySocketCandidates(this.options.socket)) {
      try {
        return (await requestUnix(path, {
          method: "GET",
          target,
          timeoutMs: this.options.timeoutMs ?? 2000,
        })).json();
      } catch (error) {
        tried.push((error as Error).message);
      }
    }
    throw new SessionctlError(
      "REGISTRY_UNREACHABLE",
      `no registry is running: ${tried.join("; ")}`,
    );
  }
}
