import { join } from "@std/path";
import { type Program, type Running, type Sandbox, spawn, until } from "../support/mod.ts";

/** Starts `sessionctl serve` and waits until it listens. */
export async function serve(program: Program, sandbox: Sandbox): Promise<Running> {
  const server = spawn(sandbox, program.command, [
    ...program.args,
    "serve",
    "--state",
    sandbox.path("registry.db"),
    // The sessions of these tests have no editors.
    "--prune-interval",
    "never",
  ]);
  await until(`it listens: ${server.errors}`, () => server.lines.length > 0);
  return server;
}

/** The hub's socket of the sandbox's registry. */
export function hubOf(sandbox: Sandbox): string {
  return join(sandbox.env.XDG_RUNTIME_DIR!, "sessionctl", "hub.sock");
}
