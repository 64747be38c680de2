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

/** Long enough for a busy machine: the registry answers a write when it is on disk. */
const LIMIT_MS = 5000;

/** Where the registry's socket may be, best first: as the program looks for it. */
export function registryPaths(): string[] {
  const inspected = vscode.workspace.getConfiguration("sessionctl").inspect<string>("socket");
  const configured = inspected?.globalValue;
  return registrySocketCandidates(configured || undefined);
}

/** A registry that answers at a socket. */
export class RegistryClient {
  constructor(readonly socketPath: string) {}

  /** @throws {Error} when nobody answers there, or it refuses. */
  async add(entry: unknown): Promise<void> {
    await this.#post("/add-session", { entry });
  }

  /** @throws {Error} when nobody answers there, or it refuses. */
  async remove(socketPath: string): Promise<void> {
    await this.#post("/delete-session", { socketPath });
  }

  /**
   * Tells that the window has the focus, or has it no more.
   *
   * @returns whether the registry knows the session.
   * @throws {Error} when nobody answers there.
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
 * Why a socket cannot be the registry's of this user: another user may have put one there.
 *
 * @returns undefined when it may be; an empty text when nothing is there.
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
