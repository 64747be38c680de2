import { resolve } from "@std/path";
import type { Sandbox } from "./sandbox.ts";

const root = resolve(import.meta.dirname!, "../..");

/** A way to start sessionctl. */
export interface Program {
  readonly name: "compiled" | "source";
  readonly command: string;
  readonly args: readonly string[];
  /** Runs a command line without starting a process for it; see `shared_process.ts`. */
  readonly answer?: (order: Order) => Promise<RunResult>;
}

/** A command line and everything that it depends on. */
export interface Order {
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  readonly cwd: string;
  readonly stdin?: string | undefined;
}

export const compiled: Program = {
  name: "compiled",
  command: resolve(root, Deno.build.os === "windows" ? "dist/sessionctl.exe" : "dist/sessionctl"),
  args: [],
};

/**
 * The sources, run by the Deno that runs the tests, which may be newer than that of the binary. They
 * are bundled (scripts/compile.ts), because a start of main.ts takes more than twice the CPU time.
 */
export const source: Program = {
  name: "source",
  command: Deno.execPath(),
  args: ["run", "--quiet", "--allow-all", "--no-check", resolve(root, "build/bundle/main.js")],
};

/** `program`, killed after 25 s (exit code 137) if it still runs; for tests in which it ends. */
export function limited({ command, args, ...program }: Program): Program {
  return { ...program, command: "timeout", args: ["-s", "KILL", "25", command, ...args] };
}

const ALONE = ["--pid", "--fork", "--mount-proc", "--kill-child"];

/**
 * `program` in its own process namespace, if the machine allows it. It then finds no editor through
 * the processes of other tests, or of the machine's users.
 */
export function alone({ command, args, ...program }: Program): Program {
  if (!canBeAlone()) return { command, args, ...program };
  return { ...program, command: "unshare", args: [...ALONE, command, ...args] };
}

function canBeAlone(): boolean {
  try {
    return new Deno.Command("unshare", { args: [...ALONE, "true"], stderr: "null" })
      .outputSync().success;
  } catch {
    return false; // unshare is not installed.
  }
}

/** Registers a test twice: for the compiled binary and for the source. */
export function testProgram(
  name: string,
  body: (program: Program) => Promise<void>,
  options: { readonly ignore?: boolean; readonly source?: Program } = {},
): void {
  const { ignore = false } = options;
  for (const program of [compiled, options.source ?? source]) {
    Deno.test(`${name} (${program.name})`, { ignore }, () => body(program));
  }
}

export interface RunOptions {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs sessionctl to its end, in the sandbox's environment. */
export async function run(
  program: Program,
  sandbox: Sandbox,
  { args, env, cwd, stdin }: RunOptions,
): Promise<RunResult> {
  if (program.answer !== undefined) {
    const whole = { ...sandbox.env, ...env };
    return await program.answer({ args, env: whole, cwd: cwd ?? sandbox.directory, stdin });
  }
  const child = new Deno.Command(program.command, {
    args: [...program.args, ...args],
    cwd: cwd ?? sandbox.directory,
    env: { ...sandbox.env, ...env },
    clearEnv: true,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
