import { homeDirectory, system, type SystemContext } from "../platform/mod.ts";
import { quote } from "./quote.ts";
import { LOGIN_FILES, rcFile } from "./rc_file.ts";
import type { HookShell } from "./shells.ts";

const LINE = 'if [ -n "${BASH_VERSION-}" ] && [ -r ~/.bashrc ]; then . ~/.bashrc; fi';

/**
 * Returns the shell command that makes login shells (ssh, tmux) read the file that `init` writes to,
 * unless they do. Only bash on systems other than macOS has a start-up file of its own for them.
 *
 * Source: bash(1) INVOCATION: the first of these that is readable.
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` if there is no home directory.
 */
export function loginFileFix(
  shell: HookShell,
  context: SystemContext = system,
): string | undefined {
  const home = homeDirectory(context);
  if (shell !== "bash" || !rcFile(shell, context).endsWith("/.bashrc")) return undefined;
  const files = LOGIN_FILES.map((name) => `${home}/${name}`);
  const texts = files.map((file) => context.readTextFile(file));
  const first = texts.findIndex((text) => text !== undefined);
  const profile = /\.profile\b/.test(texts[first] ?? "") ? texts[2] ?? "" : "";
  if (readsRc(`${texts[first] ?? ""}\n${profile}`)) return undefined;
  const loginFile = files[Math.max(first, 0)]!;
  return `echo ${quote("posix", LINE)} >> ${quote("posix", loginFile)}`;
}

/** Whether a line that is not a comment names `.bashrc` or the hook itself. */
function readsRc(text: string): boolean {
  return text.split("\n").some((line) => !/^\s*#/.test(line) && /bashrc|init\.bash/.test(line));
}
