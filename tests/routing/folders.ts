import {
  compiled,
  makeSandbox,
  type Program,
  run,
  type RunResult,
  type Sandbox,
} from "../support/mod.ts";

/** Creates a sandbox with the folders `one` and `two`, each with a file `f`. */
export async function makeFolders(): Promise<Sandbox> {
  const sandbox = await makeSandbox();
  for (const folder of ["one", "two", "one/deep"]) {
    await Deno.mkdir(sandbox.path(folder));
    await Deno.writeTextFile(sandbox.path(folder, "f"), "");
  }
  return sandbox;
}

/** Runs `open` with a program. */
export function openWith(program: Program) {
  return (sandbox: Sandbox, args: string[], env: Record<string, string> = {}): Promise<RunResult> =>
    run(program, sandbox, { args: ["open", ...args], env });
}

export const open = openWith(compiled);
