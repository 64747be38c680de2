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

/** Several windows may notice the same change simultaneously. */
const SETTLE_MS = 50;

/**
 * The socket of a folder, whose path follows from the folder alone. Each window with the folder
 * open listens under its own name; the folder's path is a second name (a hard link) of the socket
 * of the window that was focused last and has a page. So a window that takes over the path breaks
 * no connection, and removes no socket that a process listens on.
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

  /** Called for a change at this path, or at an unknown one. */
  changed(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.contest();
    }, SETTLE_MS);
  }

  /** Determines which window should have the folder's path, and takes it if that is this window. */
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

  /** @throws if the path cannot be taken, for example because it has a file of another user. */
  #take(): void {
    const ownership = socketOwnership(this.path);
    if (ownership !== "ours" && ownership !== "missing") return;
    const link = `${this.#own.path}.new`;
    linkSync(this.#own.path, link);
    renameSync(link, this.path);
  }

  /** Sets whether to learn when the window that has the path ends. */
  #follow(wanted: boolean): void {
    this.#stopFollowing?.();
    this.#stopFollowing = wanted && !this.#closed
      ? followOwner(this.path, () => this.changed())
      : undefined;
  }

  /** Releases the path, and ends every connection. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stopFollowing?.();
    removeIfSame(this.path, this.#own.identity);
    this.#own.close();
  }
}
