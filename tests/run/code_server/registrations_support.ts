import { dirname } from "@std/path";
import { Registrations } from "../../../src/run/code_server/registrations.ts";
import type { Sandbox } from "../../support/mod.ts";

/** Registrations with the registry at `socket`, which need not run yet. */
export function startRegistrations(sandbox: Sandbox, socket: string) {
  Deno.mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
  const said: string[] = [];
  const registrations = new Registrations({
    registrySocket: socket,
    log: (message) => void said.push(message),
  });
  let closing: Promise<void> | undefined;
  /** Closes them once; the sandbox calls it at its end. */
  const close = () => closing ??= registrations.close();
  sandbox.defer(close);
  return { registrations, said, socket, close };
}

/** A window with one folder, as code-server registers it. */
export const entryOf = (socketPath: string, folder = "/work") => ({
  socketPath,
  workspace: { folders: [folder] },
});

/** The editor sockets of a registry's sessions. */
export async function pathsOf(
  registry: { sessions(): Promise<readonly { socketPath: string }[]> },
): Promise<string[]> {
  return (await registry.sessions()).map(({ socketPath }) => socketPath);
}
