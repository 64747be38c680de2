import { dirname } from "node:path";
import * as vscode from "vscode";
import {
  checkPrivateDirectory,
  ownershipReason,
  registrySocketCandidates,
  socketOwnership,
} from "../../../src/platform/mod.ts";
import { messageOf } from "../../../src/errors.ts";
import { requestJson } from "../node/request.ts";

/** Long enough for a busy machine, because the registry answers a write only when it is on disk. */
const LIMIT_MS = 5000;

/** The paths of the registry's socket to try, best first, by the program's rules. */
export function registryPaths(): string[] {
  const inspected = vscode.workspace.getConfiguration("sessionctl").inspect<string>("socket");
  const configured = inspected?.globalValue;
  return registrySocketCandidates(configured || undefined);
}

/** A registry that answers on a socket. */
export class RegistryClient {
  constructor(readonly socketPath: string) {}

  /** @throws {Error} if it does not answer, or refuses. */
  async add(entry: unknown): Promise<void> {
    await this.#post("/add-session", { entry });
  }

  /** @throws {Error} if it does not answer, or refuses. */
  async remove(socketPath: string): Promise<void> {
    await this.#post("/delete-session", { socketPath });
  }

  /**
   * Reports that the window gained or lost the focus.
   *
   * @returns whether the registry knows the session.
   * @throws {Error} if it does not answer.
   */
  async tellFocus(message: unknown): Promise<boolean> {
    const { status } = await requestJson(this.socketPath, "POST", "/v1/focus", message, LIMIT_MS);
    return status === 200;
  }

  /** The socket of its hub; undefined if it has none. */
  async hubSocket(): Promise<string | undefined> {
    const { text } = await requestJson(this.socketPath, "GET", "/healthz", undefined, LIMIT_MS);
    const { ipcSocket } = JSON.parse(text) as { ipcSocket?: unknown };
    return typeof ipcSocket === "string" ? ipcSocket : undefined;
  }

  async #post(path: string, body: unknown): Promise<void> {
    const { status, text } = await requestJson(this.socketPath, "POST", path, body, LIMIT_MS);
    if (status !== 200) throw new Error(`${this.socketPath} answered ${status} ${text}`);
  }
}

/**
 * Returns why a socket cannot be the registry's of this user: another user may have put one there.
 *
 * @returns undefined if it can be; an empty text if the path is free.
 */
export function whyUnusable(path: string): string | undefined {
  const ownership = socketOwnership(path);
  if (ownership === "missing") return "";
  if (ownership !== "ours") return `${path} ${ownershipReason(ownership)}`;
  try {
    checkPrivateDirectory(dirname(path));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
