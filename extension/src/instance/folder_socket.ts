import { linkSync, renameSync } from "node:fs";
import {
  fileIdentity,
  removeIfSame,
  sameFile,
  socketOwnership,
} from "../../../src/platform/mod.ts";
import { type EditorWindow, isLater, pageAnswers } from "../window/mod.ts";
import { InstanceSocket } from "./instance_socket.ts";
import { askOwner, followOwner } from "./owner.ts";

/** Several windows may hear of the same change at once. */
const SETTLE_MS = 50;

/**
 * The socket of a folder, whose path follows from the folder alone. Each window that has the
 * folder open listens at a name of its own; the folder's path is a second name (a hard link) of
 * the socket of the window that was focused last and has a page. So a window that takes the path
 * over breaks no connection, and removes no socket that somebody listens on.
 */
export class FolderSocket {
  /** The folder's path for instance sockets. */
  readonly path: string;
  readonly #window: EditorWindow;
  readonly #own: InstanceSocket;
  #stopFollowing: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #contest: Promise<void> | undefined;
  #again = false;
  #closed = false;

  /**
   * @param folder Its real path.
   * @param path See {@link path}.
   * @param ownPath The name that only this window uses.
   */
  static async start(
    folder: string,
    path: string,
    ownPath: string,
    window: EditorWindow,
  ): Promise<FolderSocket> {
    return new FolderSocket(path, await InstanceSocket.start(ownPath, folder, window), window);
  }

  private constructor(path: string, own: InstanceSocket, window: EditorWindow) {
    this.path = path;
    this.#own = own;
    this.#window = window;
    this.contest();
  }

  get ownPath(): string {
    return this.#own.path;
  }

  push(event: string, data: unknown): void {
    this.#own.push(event, data);
  }

  /** Something changed at this path, or nobody knows where. */
  changed(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.contest();
    }, SETTLE_MS);
  }

  /** Finds out who is to have the folder's path, and takes it if that is this window. */
  contest(): void {
    if (this.#closed) return;
    if (this.#contest) {
      this.#again = true;
      return;
    }
    this.#contest = this.#decide().catch(() => {}).finally(() => {
      this.#contest = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.contest();
    });
  }

  get #isOurs(): boolean {
    return sameFile(fileIdentity(this.path), this.#own.identity);
  }

  async #decide(): Promise<void> {
    if (this.#isOurs) return this.#follow(false);
    const owner = await askOwner(this.path);
    // Another instance, of a program or of another user, keeps the path as long as it answers.
    const isTaken = owner !== undefined && !owner.ghost &&
      (owner.windowId === undefined || !isLater(this.#window.focus.now, owner.focus));
    if (isTaken) return this.#follow(true);
    if (this.#closed || !await pageAnswers() || this.#closed) return;
    this.#take();
    this.#follow(false);
  }

  /** @throws when it cannot be taken: somebody else's file is there, say. */
  #take(): void {
    const ownership = socketOwnership(this.path);
    if (ownership !== "ours" && ownership !== "missing") return;
    const link = `${this.#own.path}.new`;
    linkSync(this.#own.path, link);
    renameSync(link, this.path);
  }

  /** Whether to hear when the window that has the path now goes. */
  #follow(wanted: boolean): void {
    this.#stopFollowing?.();
    this.#stopFollowing = wanted && !this.#closed
      ? followOwner(this.path, () => this.changed())
      : undefined;
  }

  /** Gives the path up, and ends every connection. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stopFollowing?.();
    removeIfSame(this.path, this.#own.identity);
    this.#own.close();
  }
}
