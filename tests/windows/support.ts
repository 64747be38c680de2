import { deadline } from "@std/async/deadline";
import { createServer } from "node:http";
import {
  compiled,
  type EditorMessage,
  run,
  type RunOptions,
  type Sandbox,
} from "../support/mod.ts";

/** Whether these tests can run; they need pipes and sessionctl.exe. */
export const onWindows = Deno.build.os === "windows";

/** How long a test may take, in milliseconds: wine starts a program in a second, or in ten. */
const TEST_MS = 120_000;

/** Registers a test that runs only on Windows, or under wine. */
export function testOnWindows(name: string, body: () => Promise<void>): void {
  Deno.test(name, { ignore: !onWindows }, () => deadline(body(), TEST_MS));
}

/** A stand-in for an editor window that records the messages it receives. */
export interface PipeEditor {
  readonly path: string;
  readonly messages: readonly EditorMessage[];
  /** How many connections have ended without a request. */
  silent(): number;
}

let made = 0;

/** A pipe name that no other test uses. */
export function pipeName(stem: string): string {
  return `\\\\.\\pipe\\${stem}-${Deno.pid}-${++made}-sock`;
}

/** Node's HTTP server on a named pipe, like an editor window's; the sandbox ends it. */
export async function startPipeEditor(
  sandbox: Sandbox,
  path = pipeName("vscode-ipc"),
): Promise<PipeEditor> {
  const messages: EditorMessage[] = [];
  let silent = 0;
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Uint8Array) => text += new TextDecoder().decode(chunk));
    request.on("end", () => {
      const message = JSON.parse(text) as EditorMessage;
      // The question whether the page responds is not recorded.
      if (message.type !== "extensionManagement") messages.push(message);
      response.setHeader("Content-Type", "application/json");
      response.end("null");
    });
  });
  server.on("checkExpectation", (_request, response) => {
    response.statusCode = 417;
    response.end();
  });
  server.on("connection", (socket) => {
    socket.on("close", () => silent += socket.bytesRead === 0 ? 1 : 0);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  sandbox.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { path, messages, silent: () => silent };
}

/** Runs sessionctl.exe to its end. */
export async function sessionctl(
  sandbox: Sandbox,
  args: readonly string[],
  options: Omit<RunOptions, "args"> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return await run(compiled, sandbox, { ...options, args });
}

/** Starts a registry in the background, which ends with the sandbox. */
export async function startRegistry(sandbox: Sandbox): Promise<string> {
  const { code, stdout, stderr } = await sessionctl(sandbox, ["serve", "--detach", "--json"]);
  if (code !== 0) throw new Error(stderr);
  sandbox.defer(async () => void await sessionctl(sandbox, ["stop", "--kill"]));
  return JSON.parse(stdout).listening;
}
