import type { Sandbox } from "../../../tests/support/mod.ts";
import type { LoadOptions } from "../lib/mod.ts";

/**
 * Many numbered editor windows, each with a folder and an editor socket. All sockets are symlinks
 * to one editor's socket, so each is live and has its own name.
 */
export interface World {
  /** The socket of the editor that all editor sockets lead to. */
  readonly editor: string;
  /** A typical answer to a lookup; all answers have the same length. */
  readonly sampleAnswer: string;
  /** Registers the sessions of this range with the registry on `socket`, over 16 connections. */
  adding(socket: string, range: readonly [number, number]): LoadOptions;
  /** Looks up a file in the folder of a random session of the range. */
  lookingUp(
    socket: string,
    range: readonly [number, number],
    load: Pick<LoadOptions, "connections" | "seconds" | "step">,
  ): LoadOptions;
}

export const CONNECTIONS = 16;

/** Makes the folders and links of `count` windows in the sandbox. */
export function makeWorld(sandbox: Sandbox, count: number): World {
  const editor = sandbox.path("editor");
  const editors = sandbox.path("e");
  const folders = sandbox.path("w");
  Deno.mkdirSync(editors);
  Deno.mkdirSync(folders);
  for (let i = 0; i < count; i++) {
    const number = String(i).padStart(6, "0");
    Deno.mkdirSync(`${folders}/${number}`);
    Deno.writeTextFileSync(`${folders}/${number}/main.ts`, "");
    Deno.symlinkSync(editor, `${editors}/vscode-ipc-${number}.sock`);
  }
  // The format in which code-server registers a window.
  const uri = { $mid: 1, path: `${folders}/{i}`, scheme: "vscode-remote" };
  const entry = {
    workspace: { id: "{i}", folders: [{ uri, name: "{i}", index: 0 }] },
    socketPath: `${editors}/vscode-ipc-{i}.sock`,
  };
  const found = JSON.stringify({ socketPath: entry.socketPath });
  return {
    editor,
    sampleAnswer: found.replace("{i}", "000007"),
    adding: (socket, range) => ({
      socket,
      range,
      connections: CONNECTIONS,
      method: "POST",
      target: "/add-session",
      body: JSON.stringify({ entry }),
      answer: "session added",
      order: "once",
    }),
    lookingUp: (socket, range, load) => ({
      socket,
      range,
      ...load,
      method: "GET",
      target: `/session?filePath=${folders}/{i}/main.ts`,
      answer: found,
      order: "random",
    }),
  };
}
