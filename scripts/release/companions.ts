import { join, resolve } from "@std/path";
import { packagedRegistryUnits } from "../../src/background/service/mod.ts";
import { run } from "./run.ts";

const root = resolve(import.meta.dirname!, "../..");

/** A text file that is installed beside the program. */
export interface Companion {
  /** Its path below the prefix (`/usr`). */
  readonly path: string;
  readonly text: string;
}

const COMMANDS: Record<string, readonly string[]> = {
  "share/man/man1/sessionctl.1": ["man"],
  "share/bash-completion/completions/sessionctl": ["completions", "bash"],
  "share/zsh/site-functions/_sessionctl": ["completions", "zsh"],
  "share/fish/vendor_completions.d/sessionctl.fish": ["completions", "fish"],
};

/** The man page and the completions of the Unix shells. */
export async function makeDocumentation(): Promise<Companion[]> {
  return await Promise.all(
    Object.entries(COMMANDS).map(async ([path, words]) => ({ path, text: await printed(words) })),
  );
}

/** The PowerShell completions in the archive for Windows; a profile can source them. */
export async function makePowershellCompletions(): Promise<Companion[]> {
  const text = await printed(["completions", "powershell"]);
  return [{ path: "completions/sessionctl.ps1", text }];
}

/** The output of a command, run from the sources because a program may be for another CPU. */
async function printed(words: readonly string[]): Promise<string> {
  const main = join(root, "main.ts");
  return await run(Deno.execPath(), ["run", "--allow-all", "--no-check", main, ...words]);
}

/** The systemd user units of the registry. They are not enabled; the socket starts the service. */
export function makeUnits(): Companion[] {
  return packagedRegistryUnits("/usr/bin/sessionctl")
    .map(({ name, text }) => ({ path: `lib/systemd/user/${name}`, text }));
}
