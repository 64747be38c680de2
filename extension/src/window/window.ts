import * as vscode from "vscode";
import { SessionctlError } from "../../../src/errors.ts";
import { diff, focus, openAsMessage, reveal, runCommand } from "./actions.ts";
import { diagnostics } from "./diagnostics.ts";
import { WindowEvents } from "./events.ts";
import { type Focus, FocusTracker } from "./focus.ts";
import { folderPaths, type WindowWorkspace, windowWorkspace } from "./folders.ts";
import { identify, type WindowIdentity } from "./identity.ts";
import { pageAnswers } from "./page.ts";
import { type Params, paramsOf } from "./params.ts";
import { windowState } from "./state.ts";

type Method = (params: Params) => unknown;

/** The window of this extension host, with its state, methods and events. */
export class EditorWindow implements vscode.Disposable {
  readonly identity: WindowIdentity;
  readonly focus = new FocusTracker();
  readonly events: WindowEvents;
  /** The session's key in the registry: the window's command-line socket. */
  readonly socketPath: string;

  constructor(companion: string, socketPathOf: (identity: WindowIdentity) => string) {
    this.identity = identify(companion);
    this.events = new WindowEvents(this.identity.windowId, this.focus);
    this.socketPath = socketPathOf(this.identity);
  }

  get workspace(): WindowWorkspace | null {
    return windowWorkspace();
  }

  readonly #methods: Readonly<Record<string, Method>> = {
    health: () => this.health(),
    state: () => this.state(),
    diagnostics,
    open: acting(openAsMessage),
    reveal: acting(reveal),
    diff: acting(diff),
    focus: acting(focus),
    runCommand: acting(runCommand),
  };

  /** The methods by name, as an instance socket serves them. */
  get methods(): Readonly<Record<string, (params: unknown) => unknown>> {
    return Object.fromEntries(
      Object.keys(this.#methods).map((name) => [name, (params) => this.call(name, params)]),
    );
  }

  /**
   * Calls a method.
   *
   * @throws {SessionctlError} `METHOD_NOT_FOUND`, `INVALID_ARGUMENT`, `NOT_ALLOWED`, and the
   * method's own errors.
   */
  async call(name: string, params: unknown): Promise<unknown> {
    const method = Object.hasOwn(this.#methods, name) ? this.#methods[name] : undefined;
    if (!method) throw new SessionctlError("METHOD_NOT_FOUND", `Unknown method: ${name}`);
    return await method(paramsOf(params));
  }

  /** The method `state`. */
  state(): Record<string, unknown> {
    const state = windowState();
    const { activeEditor } = state;
    return {
      windowId: this.identity.windowId,
      folders: folderPaths(),
      activeFile: activeEditor?.path ?? null,
      selection: activeEditor?.selection ?? null,
      ...state,
      ...this.focus.now,
    };
  }

  /** The method `health`. */
  async health(): Promise<Record<string, unknown>> {
    if (!await pageAnswers()) return { status: "ghost", ghost: true };
    return {
      status: "ok",
      ...this.describe(),
      folders: this.workspace?.folders.map(({ uri }) => uri) ?? [],
      trusted: vscode.workspace.isTrusted,
    };
  }

  /** The fields of the window for the registry and for `health`, without its folders. */
  describe(): WindowIdentity & Focus & { readonly socketPath: string; readonly name?: string } {
    const { name } = vscode.workspace;
    return {
      ...this.identity,
      socketPath: this.socketPath,
      ...(name === undefined ? {} : { name }),
      ...this.focus.now,
    };
  }

  dispose(): void {
    this.focus.dispose();
    this.events.dispose();
  }
}

/** Wraps a method that changes something, which is refused in an untrusted workspace. */
function acting(method: Method): Method {
  return (params) => {
    if (vscode.workspace.isTrusted) return method(params);
    throw new SessionctlError("NOT_ALLOWED", "the workspace of this window is not trusted", {
      hint: "trust it in the window, with the command Workspaces: Manage Workspace Trust",
    });
  };
}
