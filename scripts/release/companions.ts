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

/** The man page and the completions. They come from the sources: a program may be of another CPU. */
export async function makeDocumentation(): Promise<Companion[]> {
  const main = join(root, "main.ts");
  return await Promise.all(
    Object.entries(COMMANDS).map(async ([path, words]) => ({
      path,
      text: await run(Deno.execPath(), ["run", "--allow-all", "--no-check", main, ...words]),
    })),
  );
}

/** The systemd user units of the registry. Nothing enables them; the socket starts the service. */
export function makeUnits(): Companion[] {
  return packagedRegistryUnits("/usr/bin/sessionctl")
    .map(({ name, text }) => ({ path: `lib/systemd/user/${name}`, text }));
}
