import { SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";

/** The first and the last line of the part of ssh's settings that `init --ssh` writes. */
const BEGIN = "# >>> sessionctl init --ssh";
const END = "# <<< sessionctl init --ssh";

/** A host whose plain `ssh` connections have a link. */
export interface SshHost {
  /** The name as typed to ssh, without a user. */
  readonly name: string;
  /** The editor's authority for the host; undefined if it follows from the name. */
  readonly authority?: string;
}

export interface SshBlock {
  /** Absolute path of sessionctl. */
  readonly program: string;
  /** Absolute path of the folder with the files that ssh includes. */
  readonly folder: string;
  readonly hosts: readonly SshHost[];
  /** The variable whose value `no` keeps ssh from running the program. */
  readonly variable: string;
}

/** Paths that need no escapes inside our quotes, in ssh's settings and in every shell. */
const PLAIN_PATH = /^\/[^'"\\\s%!$`{}]+$/;

/**
 * Parses `HOST` or `HOST=AUTHORITY` from the command line.
 *
 * @throws {SessionctlError} `USAGE` for patterns, users and ports, because ssh compares the name as typed.
 */
export function parseSshHost(text: string, what: string): SshHost {
  const [, name = "", authority] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  const refuse = (reason: string, hint: string) => {
    throw new SessionctlError("USAGE", `${what} ${printablePath(text)}: ${reason}`, { hint });
  };
  if (/[*?!,]/.test(name)) {
    refuse("a pattern would link machines that you do not name", "name each host");
  }
  if (name.includes("@")) refuse("a host must not contain a user", `omit the user from ${name}`);
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/.test(name)) {
    refuse("this is not a host name", "write it as you type it to ssh");
  }
  // The same rule as for links; no character has a meaning in a shell.
  if (
    authority !== undefined && !/^[a-z][a-z0-9-]*\+[A-Za-z0-9._@:%~+-]{1,1000}$/.test(authority)
  ) {
    refuse("this is not an editor's authority", "for example hostb=ssh-remote+hostb");
  }
  return { name, ...authority !== undefined && { authority } };
}

/**
 * Returns the hosts in our part of the settings.
 *
 * @throws {SessionctlError} `IO_ERROR` if the part has no end.
 */
export function sshHostsIn(text: string): SshHost[] {
  const line = /^Match originalhost (\S+) exec .*? --prepare .*?(?: --authority (\S+))? \S+"$/;
  return split(text).ours.flatMap((each): SshHost[] => {
    const [, name, authority] = line.exec(each) ?? [];
    if (name === undefined) return [];
    return [{ name, ...authority && { authority: authority.replaceAll("%%", "%") } }];
  });
}

/**
 * Returns the program that ssh runs for the hosts of our part, or undefined without one.
 *
 * @throws {SessionctlError} `IO_ERROR` if the part has no end.
 */
export function sshProgramIn(text: string): string | undefined {
  return / '([^']+)' ssh --prepare /.exec(split(text).ours.join("\n"))?.[1];
}

/**
 * Returns ssh's settings with our part, in its previous place or at the end; without our part if
 * there are no hosts.
 *
 * ssh runs the command after `exec` only for the named host and, if it succeeds, reads the files
 * that the command has written. A missing program fails silently. The program runs `ssh -G`, which
 * evaluates the same settings, and sets the variable so that it is not started again. `Match all`
 * makes the settings below our part apply to all hosts again.
 *
 * Source: ssh_config(5), "Match" and "Include".
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` for paths that would need escapes inside the quotes.
 */
export function withSshBlock(text: string, block: SshBlock): string {
  const { program, folder, hosts, variable } = block;
  const { before, after } = split(text);
  if (hosts.length === 0) return before + after;
  for (const path of [program, folder]) {
    if (PLAIN_PATH.test(path)) continue;
    const reason = "has characters that a command in ssh's settings cannot contain";
    throw new SessionctlError("NOT_SUPPORTED", `${printablePath(path)} ${reason}`);
  }
  const matches = hosts.flatMap(({ name, authority }) => {
    const option = authority === undefined ? "" : `--authority ${authority.replaceAll("%", "%%")} `;
    const prepare = `'${program}' ssh --prepare '${folder}' ${option}${name}`;
    return [
      `Match originalhost ${name} exec "exec /bin/sh -fc '${unlessNo(variable)}' ${prepare}"`,
      `  Include "${folder}/*.conf"`,
    ];
  });
  const start = before === "" || before.endsWith("\n") ? before : `${before}\n`;
  return `${start}${[BEGIN, ...matches, "Match all", END].join("\n")}\n${after}`;
}

/**
 * The script that runs a program with its arguments, `$0` and `$@`, unless the variable is `no`. It
 * is for `/bin/sh`, because the user's shell may have no way to test a variable that is not set
 * (tcsh). Quotes would end those around it in ssh's settings; the words contain no spaces.
 */
function unlessNo(variable: string): string {
  return `[ x$${variable} != xno ] && [ -x $0 ] && exec $0 $@`;
}

function split(text: string): { before: string; ours: string[]; after: string } {
  const lines = text.split(/(?<=\n)/);
  const at = (mark: string) => lines.findIndex((line) => line.trimEnd() === mark);
  const [begin, end] = [at(BEGIN), at(END)];
  if (begin < 0 && end < 0) return { before: text, ours: [], after: "" };
  if (begin < 0 || end < begin) {
    throw new SessionctlError(
      "IO_ERROR",
      "ssh's settings have only one of the two lines that enclose sessionctl's part",
      { hint: `remove the rest of it, which begins with "${BEGIN}" and ends with "${END}"` },
    );
  }
  return {
    before: lines.slice(0, begin).join(""),
    ours: lines.slice(begin + 1, end).map((line) => line.trimEnd()),
    after: lines.slice(end + 1).join(""),
  };
}
