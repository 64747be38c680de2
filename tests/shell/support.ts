import type { HookShell } from "../../src/shell/mod.ts";
import { compiled, type RunResult, type Sandbox, writeExecutables } from "../support/mod.ts";

/** The shells that the tests run; there is no PowerShell to be had. */
export const SHELLS = ["bash", "zsh", "fish"] as const satisfies readonly HookShell[];
export type Shell = (typeof SHELLS)[number];

/** The path of a program on PATH; undefined if it is not installed. */
export function which(program: string): string | undefined {
  for (const directory of (Deno.env.get("PATH") ?? "/usr/bin:/bin").split(":")) {
    try {
      if (Deno.statSync(`${directory}/${program}`).isFile) return `${directory}/${program}`;
    } catch { /* Not in this one. */ }
  }
  return undefined;
}

/**
 * Registers a test that needs programs; without them it is skipped, and its name gives the reason.
 */
export function testWith(
  programs: readonly string[],
  name: string,
  body: () => Promise<void> | void,
): void {
  const missing = programs.filter((program) => which(program) === undefined)
    .map((program) => `${program} not installed`);
  // BSD's script has other options.
  if (programs.includes("script") && Deno.build.os !== "linux") {
    missing.push("needs Linux's script");
  }
  if (missing.length === 0) Deno.test(name, body);
  else Deno.test({ name: `${name} (${missing.join(", ")})`, ignore: true, fn: body });
}

/** Registers a test once for each shell that has a hook, except PowerShell. */
export function testShells(
  name: string,
  body: (shell: Shell) => Promise<void> | void,
  programs: readonly string[] = [],
): void {
  for (const shell of SHELLS) {
    testWith([shell, ...programs], `${name} (${shell})`, () => body(shell));
  }
}

/** Arguments that start a shell without start-up files. */
export function bareArguments(shell: string): string[] {
  return {
    bash: ["--noprofile", "--norc"],
    zsh: ["-f"],
    fish: ["--no-config"],
    tcsh: ["-f"],
    csh: ["-f"],
  }[shell] ?? [];
}

export interface ShellOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Further arguments before `-c`. */
  readonly args?: readonly string[];
}

/** Runs a script in a shell, in the sandbox's environment only. */
export function runShell(
  sandbox: Sandbox,
  shell: string,
  script: string,
  { env, cwd, args = bareArguments(shell) }: ShellOptions = {},
): Promise<RunResult> {
  return runCommand(sandbox, shell, [...args, "-c", script], { env, cwd });
}

/** Runs a program to its end. */
export async function runCommand(
  sandbox: Sandbox,
  command: string,
  args: readonly string[],
  { env, cwd }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<RunResult> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { ...sandbox.env, ...env },
    clearEnv: true,
    cwd: cwd ?? sandbox.directory,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The arguments that start each shell interactively with `rc` as its start-up file. */
export function interactiveArguments(shell: Shell, rc: string): string[] {
  switch (shell) {
    case "bash":
      return ["--noprofile", "--rcfile", rc, "-i"];
    case "zsh":
      // With these, zsh reads .zshrc of ZDOTDIR, which `ttyEnvironment` sets, and no global file.
      return ["--no-global-rcs", "-i"];
    case "fish":
      return ["--no-config", "--init-command", `source ${rc}`, "-i"];
  }
}

/** Runs an interactive shell on its own terminal. @returns everything that appeared on it. */
export async function runOnTerminal(
  sandbox: Sandbox,
  shell: Shell,
  hook: string,
  script: string,
  { env, cwd, bare }: { env?: Record<string, string>; cwd?: string; bare?: boolean } = {},
): Promise<string> {
  const directory = await Deno.makeTempDir({ dir: sandbox.directory, prefix: "rc-" });
  const rc = `${directory}/.zshrc`;
  await Deno.writeTextFile(rc, hook);
  const words = [shell, ...interactiveArguments(shell, rc), "-c", script];
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const { stdout } = await new Deno.Command("script", {
    args: ["-qec", quoted, "/dev/null"],
    env: {
      TERM: "xterm-256color",
      ...bare ? { PATH: sandbox.env.PATH! } : sandbox.env,
      ZDOTDIR: directory,
      ...env,
    },
    clearEnv: true,
    cwd: cwd ?? sandbox.directory,
    stdin: "null",
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).replaceAll("\r\n", "\n");
}

/** A program that writes its arguments to a file, a NUL after each and a final newline. */
export async function recordingProgram(
  sandbox: Sandbox,
  name = "recorder",
): Promise<{ path: string; calls(): Promise<string[][]> }> {
  const path = sandbox.path(name);
  const log = `${path}.log`;
  await writeExecutables({ [path]: `#!/bin/sh\nprintf '%s\\0' "$@" 'END' >>"$0.log"\n` });
  return {
    path,
    async calls() {
      const text = await Deno.readTextFile(log).catch(() => "");
      return text.split("END\0").slice(0, -1).map((call) => call.split("\0").slice(0, -1));
    },
  };
}

/** The sandbox's environment with the compiled `sessionctl` on PATH. */
export async function withProgramOnPath(sandbox: Sandbox): Promise<Sandbox> {
  const bin = sandbox.path("bin");
  await Deno.mkdir(bin);
  await Deno.symlink(compiled.command, `${bin}/sessionctl`);
  sandbox.env.PATH = `${bin}:${sandbox.env.PATH}`;
  return sandbox;
}

/** Names that break code without quoting. */
export const ODD_NAMES = [
  "two words.txt",
  'it\'s "quoted".txt',
  "line\nbreak.txt",
  "dollar $HOME `id` \\ back.txt",
  "Grüße 日本語 🎉.txt",
  "-dash *?[x] ~ #! ; & | > <.txt",
] as const;
