import {
  type ChannelPeer,
  connectChannels,
  Emitter,
  type Event,
  windowContext,
} from "../../src/ipc/mod.ts";
import { requestUnix } from "../../src/http/mod.ts";
import { type FakeEditor, type FakeEditorOptions, startEditor } from "./fake_editor.ts";
import type { Sandbox } from "./sandbox.ts";

export interface CompanionWindowOptions extends FakeEditorOptions {
  readonly folders?: readonly string[];
  /** Additional fields of its registration. */
  readonly entry?: Record<string, unknown>;
}

/** A stand-in for a window with the companion: registered, and connected to the hub. */
export interface CompanionWindow {
  readonly editor: FakeEditor;
  readonly socketPath: string;
  readonly windowId: string;
  /** Its connection to the hub. */
  readonly peer: ChannelPeer;
  /** The answer of its method `state`. */
  state: unknown;
  /** Makes its channel fire an event. */
  fire(event: string, data: unknown): void;
  /** Reports that it has gained or lost the focus. */
  focus(focused?: boolean, focusedAt?: number): Promise<void>;
  /** Opens another editor socket of the window, as a terminal whose shell ran the hook. */
  openTerminal(): Promise<FakeEditor>;
}

let made = 0;

/** @param registry The registry's socket; its hub's socket is beside it. */
export async function startCompanionWindow(
  sandbox: Sandbox,
  registry: string,
  { folders = [], entry = {}, ...options }: CompanionWindowOptions = {},
): Promise<CompanionWindow> {
  const windowId = (++made).toString(16).padStart(32, "c0");
  const workspace = { folders: folders.map((path) => ({ uri: `file://${path}` })) };
  const editor = await startEditor(sandbox, options);
  const { socketPath } = editor;
  await post(registry, "/add-session", {
    entry: {
      socketPath,
      workspace: folders.length > 0 ? workspace : null,
      kind: "code-server",
      source: "companion",
      windowId,
      companion: "0.1.0",
      appName: "code-server",
      focused: false,
      ...entry,
    },
  });
  const hub = registry.replace(/registry\.sock$/, "hub.sock");
  const peer = await connectChannels(hub, windowContext(socketPath, `window:${windowId}`));
  sandbox.defer(() => peer.dispose());
  const emitters = new Map<string, Emitter<unknown>>();
  const emitter = (event: string) => {
    if (!emitters.has(event)) emitters.set(event, new Emitter());
    return emitters.get(event)!;
  };
  const window: CompanionWindow = {
    editor,
    socketPath,
    windowId,
    peer,
    state: { activeEditor: null },
    fire: (event, data) => emitter(event).fire(data),
    focus: (focused = true, focusedAt) =>
      post(registry, "/v1/focus", { socketPath, windowId, focused, focusedAt }),
    async openTerminal() {
      const terminal = await startEditor(sandbox);
      const own = { socketPath: terminal.socketPath, workspace, source: "hook", windowId };
      await post(registry, "/add-session", { entry: own });
      return terminal;
    },
  };
  peer.registerChannel("window", {
    call(method) {
      if (method === "state") return window.state;
      throw new Error(`Unknown method: ${method}`);
    },
    listen: (event): Event<unknown> => emitter(event).event,
  });
  return window;
}

async function post(registry: string, target: string, json: unknown): Promise<void> {
  const answer = await requestUnix(registry, { method: "POST", target, json, timeoutMs: 20_000 });
  if (answer.status !== 200) throw new Error(`${target}: ${answer.status} ${answer.text()}`);
}
