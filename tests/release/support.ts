import { assertEquals } from "@std/assert";
import { join, resolve } from "@std/path";
import { tarGz } from "../../scripts/release/archive.ts";
import { type Target, targets } from "../../scripts/release/targets.ts";
import { type Sandbox, writeExecutables } from "../support/mod.ts";

export const root = resolve(import.meta.dirname!, "../..");

/** The platform of these tests; other platforms' installers are tested there. */
export const here = targets.find(({ triple }) => triple === Deno.build.target)!;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end in the sandbox's environment, by default in its directory. */
export async function runCommand(
  sandbox: Sandbox,
  command: string,
  args: readonly string[],
  { env = {}, cwd = sandbox.directory }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { ...sandbox.env, ...env },
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Writes a program that is not sessionctl, but claims to be. */
export async function writeProgram(path: string, version = "0.1.0"): Promise<string> {
  await writeExecutables({ [path]: `#!/bin/sh\necho "sessionctl ${version}"\n` });
  return path;
}

/** Creates a release like `deno task release`, from existing programs. */
export async function makeRelease(
  sandbox: Sandbox,
  program: string,
  only: "archives" | "packages" | "npm",
): Promise<string> {
  const output = sandbox.path("release");
  const other = await writeProgram(sandbox.path("other"), "of another platform");
  const binaries = targets.map(({ triple }) =>
    `${triple}=${triple === here.triple ? program : other}`
  );
  const args = ["run", "--allow-all", "--no-check", join(root, "scripts/release.ts")];
  const ran = await runCommand(sandbox, Deno.execPath(), [
    ...args,
    "--repository=ann/sessionctl",
    `--only=${only}`,
    `--output=${output}`,
    ...binaries.map((binary) => `--binary=${binary}`),
  ]);
  assertEquals(ran.code, 0, ran.stderr);
  return output;
}

export const archiveOf = ({ triple }: Target) => `sessionctl-${triple}.tar.gz`;

/** A release for this platform, with a program that only prints its version. */
export async function makeSmallRelease(
  sandbox: Sandbox,
  version = "0.1.0",
  directory = sandbox.path(`release-${version}`),
): Promise<string> {
  const program = await writeProgram(sandbox.path("program"), version);
  await Deno.mkdir(directory);
  const content = await Deno.readFile(program);
  const packed = await tarGz([{ name: "sessionctl", content, executable: true }]);
  const archive = archiveOf(here);
  await Deno.writeFile(join(directory, archive), packed);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", packed)).toHex();
  await Deno.writeTextFile(
    join(directory, "SHA256SUMS"),
    `${"0".repeat(64)}  x${archive}\n${digest}  ${archive}\n`,
  );
  return directory;
}

/** Whether the program is on PATH. */
export function isInstalled(program: string): boolean {
  if (Deno.build.os === "windows") return false;
  const args = ["-c", 'command -v "$1"', "sh", program];
  return new Deno.Command("sh", { args, stdout: "null" }).outputSync().success;
}
