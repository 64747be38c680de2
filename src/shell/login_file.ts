import { homeDirectory, system, type SystemContext } from "../platform/mod.ts";
import { quote } from "./quote.ts";
import { LOGIN_FILES, rcFile } from "./rc_file.ts";
import type { HookShell } from "./shells.ts";

/** A login shell's start-up file that does not read the file with the hook. */
export interface MissingSource {
  /** Absolute; it may not exist yet. */
  readonly loginFile: string;
  /** The shell command that adds the line to it. */
  readonly fix: string;
}

const LINE = 'if [ -n "${BASH_VERSION-}" ] && [ -r ~/.bashrc ]; then . ~/.bashrc; fi';

/**
 * The file that login shells (ssh, tmux) read instead of the one that `init` writes to, unless it
 * reads that one itself. Only bash on systems other than macOS has two such files.
 *
 * Source: bash(1) INVOCATION: the first of these that is readable.
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` if there is no home directory.
 */
export function loginFileWithoutRc(
  shell: HookShell,
  context: SystemContext = system,
): MissingSource | undefined {
  const home = homeDirectory(context);
  if (shell !== "bash" || !rcFile(shell, context).endsWith("/.bashrc")) return undefined;
  const files = LOGIN_FILES.map((name) => `${home}/${name}`);
  const texts = files.map((file) => context.readTextFile(file));
  const first = texts.findIndex((text) => text !== undefined);
  const profile = /\.profile\b/.test(texts[first] ?? "") ? texts[2] ?? "" : "";
  if (readsRc(`${texts[first] ?? ""}\n${profile}`)) return undefined;
  const loginFile = files[Math.max(first, 0)]!;
  const fix = `echo ${quote("posix", LINE)} >> ${quote("posix", loginFile)}`;
  return { loginFile, fix };
}

/** Whether a line that is not a comment names `.bashrc` or the hook itself. */
function readsRc(text: string): boolean {
  return text.split("\n").some((line) => !/^\s*#/.test(line) && /bashrc|init\.bash/.test(line));
}
