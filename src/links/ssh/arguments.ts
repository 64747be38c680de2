/**
 * ssh's options that take a value.
 * Source: openssh/openssh-portable `ssh.c` (`getopt`), 9.2 to 10.
 */
const WITH_VALUE = "BbcDEeFIiJLlmOoPpQRSWw";
/** What opens no session: it prints something, speaks to a master, or is another program's pipe. */
const NO_SESSION = "GOQVW";

/** What ssh will take from the words behind the destination. */
export interface SshArguments {
  /** Whether there will be a session, so that a link makes sense. */
  readonly opensSession: boolean;
  /** `-l` and `-p`: the editor does not know of them. */
  readonly changesMachine: boolean;
}

/**
 * Reads ssh's own arguments, as far as a link depends on them.
 *
 * @param words Those behind the destination: options, then a command.
 */
export function readSshArguments(words: readonly string[]): SshArguments {
  const letters = new Set<string>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!/^-[A-Za-z0-9]/.test(word)) break;
    for (let position = 1; position < word.length; position++) {
      const letter = word[position]!;
      letters.add(letter);
      if (!WITH_VALUE.includes(letter)) continue;
      if (position === word.length - 1) at++;
      break;
    }
  }
  return {
    opensSession: ![...NO_SESSION].some((letter) => letters.has(letter)),
    changesMachine: letters.has("l") || letters.has("p"),
  };
}
