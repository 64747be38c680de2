import * as vscode from "vscode";
import { commandLinePath, CommandLineSocket } from "./command_line/socket.ts";
import { InstanceSockets } from "./instance/sockets.ts";
import { RegistryLink } from "./registry/link.ts";
import { announceToTerminals } from "./terminals.ts";
import { EditorWindow, hookSocket, stopWaiting } from "./window/mod.ts";

/** Everything that the extension does for its window. */
export class Companion {
  readonly #window: EditorWindow;
  readonly #commandLine: CommandLineSocket | undefined;
  readonly #instances: InstanceSockets;
  readonly #link: RegistryLink;
  readonly #log: (line: string) => void;
  readonly #subscriptions: vscode.Disposable[];
  #closed = false;

  constructor(context: vscode.ExtensionContext, log: (line: string) => void) {
    const { version } = context.extension.packageJSON as { version: string };
    const hook = hookSocket();
    this.#log = log;
    this.#commandLine = hook === undefined ? new CommandLineSocket() : undefined;
    this.#window = new EditorWindow(version, ({ windowId }) => hook ?? commandLinePath(windowId));
    this.#instances = new InstanceSockets(this.#window, log);
    this.#link = new RegistryLink(this.#window, () => this.#instances.paths, log);
    const { windowId } = this.#window.identity;
    const announce = () => announceToTerminals(context.environmentVariableCollection, windowId);
    announce();
    this.#subscriptions = [
      this.#window,
      vscode.workspace.onDidChangeWorkspaceFolders(async () => {
        announce();
        await this.#instances.update();
        this.#link.entryChanged();
      }),
      this.#window.focus.onDidChange(() => {
        this.#instances.focusChanged();
        this.#link.focusChanged();
      }),
      this.#window.events.onDidFire(({ name, data }) => this.#instances.push(name, data)),
    ];
  }

  /** Listens, and then registers the window, so that no socket is reported before it exists. */
  async start(): Promise<void> {
    const [listens] = await Promise.all([this.#listen(), this.#instances.start()]);
    if (listens && !this.#closed) this.#link.start();
  }

  /** @returns whether the window has a command-line socket, the editor's or its own. */
  async #listen(): Promise<boolean> {
    try {
      await this.#commandLine?.start(this.#window.socketPath);
      return true;
    } catch (error) {
      this.#log(`the window is not registered, because it has no command-line socket: ${error}`);
      return false;
    }
  }

  /**
   * Removes the sockets immediately, because the window's successor after a reload may already run.
   */
  async close(): Promise<void> {
    this.#closed = true;
    stopWaiting();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#commandLine?.close();
    this.#instances.close();
    await this.#link.close();
  }
}
