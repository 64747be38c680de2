import { RegistryClient } from "../../src/registry/mod.ts";
import { type EditorMessage, type FakeEditor, type Sandbox, startEditor } from "../support/mod.ts";

export const VERSION = "0.1.0";

/** The extensions of an editor server, shared by all its windows. */
export interface Extensions {
  companion: string | null;
  /** The version it installs, whatever the package; null: it installs nothing. */
  installs: string | null;
  /** Each package that it received, with its first bytes. */
  readonly packages: { readonly path: string; readonly bytes: Uint8Array }[];
}

export const newExtensions = (companion: string | null = null): Extensions => ({
  companion,
  installs: VERSION,
  packages: [],
});

/** Simulates VS Code's extension management. */
function manage(extensions: Extensions, message: EditorMessage, onInstall: () => void): unknown {
  if (message.type !== "extensionManagement") return null;
  if (message.list) {
    const own = extensions.companion ? `\nsessionctl.companion@${extensions.companion}` : "";
    return `Extensions installed on SSH: host:\ndenoland.vscode-deno@3.0.0${own}\n`;
  }
  for (const uri of message.install ?? []) {
    const path = decodeURIComponent(new URL(uri).pathname);
    extensions.packages.push({ path, bytes: Deno.readFileSync(path) });
    if (extensions.installs === null) return "Error: Failed Installing Extensions: no room\n";
    extensions.companion = extensions.installs;
    onInstall();
    return `Extension '${path}' was successfully installed.\n`;
  }
  if (message.uninstall?.length > 0) extensions.companion = null;
  return "done\n";
}

export interface Window {
  readonly editor: FakeEditor;
  readonly folder: string;
}

/** Starts a window of an editor server; its companion registers it after the installation. */
export async function startWindow(
  sandbox: Sandbox,
  socket: string,
  extensions: Extensions,
  { name, running }: { name: string; running?: string },
): Promise<Window> {
  const folder = sandbox.path(name);
  await Deno.mkdir(folder);
  const client = new RegistryClient({ socket, timeoutMs: 20_000 });
  const workspace = { folders: [folder] };
  const socketPath = sandbox.path(`vscode-ipc-${name}.sock`);
  const companion = { source: "companion", companion: VERSION, windowId: "a".repeat(32) } as const;
  const editor = await startEditor(sandbox, {
    socketPath,
    answer: (message) =>
      manage(extensions, message, () => {
        if (running === undefined) void client.addSession({ socketPath, workspace, ...companion });
      }),
  });
  await client.addSession({
    socketPath,
    workspace,
    ...(running === undefined ? {} : { ...companion, companion: running }),
  });
  return { editor, folder };
}
