import { system, type SystemContext } from "../../src/platform/mod.ts";
import type { Sandbox } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";

/** A machine whose only desktop editors are the sandbox's. */
export function machineOf(
  sandbox: Sandbox,
  env: Readonly<Record<string, string>> = {},
): SystemContext {
  return {
    ...system,
    uid: 4242,
    env: (name) => ({ ...sandbox.env, ...env })[name] || undefined,
  };
}

/** Two editors of different products with two windows each. */
export async function twoEditors(sandbox: Sandbox) {
  const folder = async (name: string) => {
    await Deno.mkdir(sandbox.path("home", name), { recursive: true });
    return sandbox.path("home", name);
  };
  const [api, web, notes] = [await folder("api"), await folder("web"), await folder("notes")];
  await folder("api/lib");
  const code = await startDesktop(sandbox, {
    windows: [
      { title: "main.ts - api", folders: [`file://${api}`], pid: 71 },
      {
        title: "web [SSH: hostb]",
        folders: ["vscode-remote://ssh-remote+hostb/home/ann/web"],
        remoteAuthority: "ssh-remote+hostb",
        pid: 72,
      },
    ],
  });
  const cursor = await startDesktop(sandbox, {
    dataName: "Cursor",
    generation: "2024",
    windows: [
      { title: `${"long ".repeat(20)}title`, folders: [`file://${web}`, `file://${notes}`] },
      { title: "\x1b[31mWelcome" },
    ],
  });
  return { api, web, notes, code, cursor };
}
