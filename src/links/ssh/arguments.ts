/**
 * ssh's options that take a value, in the same word or in the next one. `-P` takes one since 9.4;
 * before, it is obsolete and takes none. Source: openssh/openssh-portable `ssh.c` (`getopt`), 9.2
 * to 10.
 */
const WITH_VALUE = "BbcDEeFIiJLlmOoPpQRSWw";
/**
 * Options that open no session: they print something, control a master, or serve another program's
 * pipe.
 */
const NO_SESSION = "GOQVW";
/** Settings that lead to a machine or user other than the one the editor knows by the name. */
const OTHER_MACHINE = ["hostname", "port", "user"];

/** The arguments of an ssh call, as far as a link depends on them. */
export interface SshArguments {
  /** The machine as typed; undefined if there is none. */
  readonly destination: string | undefined;
  /** The words of the command, which ssh joins with spaces. */
  readonly command: readonly string[];
  /** Whether there will be a session, so that a link is useful. */
  readonly opensSession: boolean;
  /** Whether a terminal is requested (`-t`) or excluded (`-T`); undefined if ssh decides. */
  readonly terminal: boolean | undefined;
  /** Whether the command is the name of a subsystem, such as sftp (`-s`). */
  readonly isSubsystem: boolean;
  /** `-l`, `-p`, and `-o` with `User`, `Port` or `HostName`, which the editor does not know. */
  readonly changesMachine: boolean;
  /** The settings of `-o`, by their names in lower case; ssh uses the first of several. */
  readonly settings: ReadonlyMap<string, string>;
}

/** An option and its value; the value is empty if the option takes none. */
type Option = readonly [letter: string, value: string];

/**
 * Parses the arguments of ssh: options, the destination, more options, a command. ssh's `getopt`
 * stops at the first word that is not an option, and after `--`.
 *
 * @param words The words after the program's name.
 * @example
 * ```ts
 * readSshArguments(["-p22", "hostb", "-t", "tmux"]).command; // ["tmux"]
 * ```
 */
export function readSshArguments(words: readonly string[]): SshArguments {
  const options: Option[] = [];
  const hostAt = readOptions(words, 0, options);
  const commandAt = readOptions(words, hostAt + 1, options);
  const letters = new Set(options.map(([letter]) => letter));
  const settings = settingsOf(options);
  const terminals = options.filter(([letter]) => letter === "t" || letter === "T");
  return {
    destination: words[hostAt],
    command: words.slice(commandAt),
    opensSession: ![...NO_SESSION].some((letter) => letters.has(letter)),
    terminal: terminals.length === 0 ? undefined : terminals.at(-1)![0] === "t",
    isSubsystem: letters.has("s"),
    changesMachine: letters.has("l") || letters.has("p") ||
      OTHER_MACHINE.some((name) => settings.has(name)),
    settings,
  };
}

/** Parses options from the word at `at` on. @returns the index of the first word after them. */
function readOptions(words: readonly string[], at: number, options: Option[]): number {
  for (; at < words.length; at++) {
    const word = words[at]!;
    if (word === "--") return at + 1;
    if (!word.startsWith("-") || word === "-") return at;
    for (let position = 1; position < word.length; position++) {
      const letter = word[position]!;
      if (!WITH_VALUE.includes(letter)) {
        options.push([letter, ""]);
        continue;
      }
      const attached = word.slice(position + 1);
      options.push([letter, attached === "" ? words[++at] ?? "" : attached]);
      break;
    }
  }
  return at;
}

/** Source: ssh_config(5): a keyword and its value, separated by spaces or one equals sign. */
function settingsOf(options: readonly Option[]): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const [letter, value] of options) {
    const [, name, rest] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*)$/s.exec(value) ?? [];
    if (letter !== "o" || name === undefined || settings.has(name.toLowerCase())) continue;
    settings.set(name.toLowerCase(), rest!.trim());
  }
  return settings;
}
