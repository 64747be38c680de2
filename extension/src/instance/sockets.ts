import { realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { instanceDirectory, workspaceSocketPath } from "../../../src/ipc/mod.ts";
import { ensurePrivateDirectory } from "../../../src/platform/mod.ts";
import { DirectoryWatch } from "../node/directory_watch.ts";
import { type EditorWindow, folderPaths } from "../window/mod.ts";
import { FolderSocket } from "./folder_socket.ts";
import { InstanceSocket } from "./instance_socket.ts";
import { removeLeftovers } from "./leftovers.ts";

/** The instance sockets of a window: one of its own, and one for each of its folders. */
export class InstanceSockets {
  readonly #window: EditorWindow;
  readonly #log: (line: string) => void;
  readonly #folders = new Map<string, FolderSocket>();
  #own: InstanceSocket | undefined;
  #watch: DirectoryWatch | undefined;
  #updating: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(window: EditorWindow, log: (line: string) => void) {
    this.#window = window;
    this.#log = log;
  }

  /** The sockets that belong to this window alone. */
  get paths(): readonly string[] {
    const folders = [...this.#folders.values()].map(({ ownPath }) => ownPath);
    return this.#own ? [this.#own.path, ...folders] : folders;
  }

  /** Listens; a failure is logged, and the window continues without that socket. */
  async start(): Promise<void> {
    try {
      const directory = instanceDirectory();
      ensurePrivateDirectory(directory);
      this.#watch = new DirectoryWatch(directory, (name) => this.#fileChanged(name));
      const path = join(directory, `window-${this.#window.identity.windowId}.sock`);
      const [folder = null] = this.#realFolders();
      const own = await InstanceSocket.start(path, folder, this.#window);
      if (this.#closed) return own.close();
      this.#own = own;
      await this.update();
      void removeLeftovers(directory).catch(() => {});
    } catch (error) {
      this.#log(`no instance sockets: ${error}`);
    }
  }

  /** Follows the window's folders. */
  update(): Promise<void> {
    this.#updating = this.#updating.then(() => this.#update()).catch((error) =>
      this.#log(`no instance socket: ${error}`)
    );
    return this.#updating;
  }

  async #update(): Promise<void> {
    const wanted = new Set(this.#realFolders());
    for (const [folder, socket] of this.#folders) {
      if (wanted.has(folder)) continue;
      this.#folders.delete(folder);
      socket.close();
    }
    for (const folder of wanted) {
      if (this.#folders.has(folder)) continue;
      const path = await workspaceSocketPath(folder);
      const ownPath = path.replace(
        /\.sock$/,
        `.${this.#window.identity.windowId.slice(0, 8)}.sock`,
      );
      const socket = await FolderSocket.start(folder, path, ownPath, this.#window);
      if (this.#closed) socket.close();
      else this.#folders.set(folder, socket);
    }
  }

  #realFolders(): string[] {
    return this.#closed ? [] : folderPaths().flatMap((path) => {
      try {
        return [realpathSync(path)];
      } catch {
        return []; // A folder that was removed while its window is open.
      }
    });
  }

  #fileChanged(name: string | null): void {
    for (const socket of this.#folders.values()) {
      if (name === null || name === basename(socket.path)) socket.changed();
    }
  }

  /** Called when the window gained or lost the focus. */
  focusChanged(): void {
    for (const socket of this.#folders.values()) socket.contest();
  }

  push(event: string, data: unknown): void {
    this.#own?.push(event, data);
    for (const socket of this.#folders.values()) socket.push(event, data);
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
    for (const socket of this.#folders.values()) socket.close();
    this.#folders.clear();
    this.#own?.close();
  }
}
