import { SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";

/** The first and the last line of the part of ssh's settings that `init --ssh` writes. */
const BEGIN = "# >>> sessionctl init --ssh";
const END = "# <<< sessionctl init --ssh";

/** A host whose plain `ssh` connections have a link. */
export interface SshHost {
  /** As it is typed to ssh, without a user. */
  readonly name: string;
  /** By which the editor knows it; undefined if that follows from what is typed. */
  readonly authority?: string;
}

export interface SshBlock {
  /** Absolute path of sessionctl. */
  readonly program: string;
  /** Absolute path of the folder with the files that ssh includes. */
  readonly folder: string;
  readonly hosts: readonly SshHost[];
}

/** What our quotes hold in ssh's settings and in every shell. */
const PLAIN_PATH = /^\/[^'"\\\s%!$`{}]+$/;

/**
 * Reads `HOST` or `HOST=AUTHORITY` of the command line.
 *
 * @throws {SessionctlError} `USAGE` for patterns, users and ports: ssh compares the name as typed.
 */
export function parseSshHost(text: string, what: string): SshHost {
  const [, name = "", authority] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  const refuse = (reason: string, hint: string) => {
    throw new SessionctlError("USAGE", `${what} ${printablePath(text)}: ${reason}`, { hint });
  };
  if (/[*?!,]/.test(name)) {
    refuse("a pattern would link machines that you do not name", "name each host");
  }
  if (name.includes("@")) refuse("a host has no user here", `leave the user out of ${name}`);
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/.test(name)) {
    refuse("this is no name of a host", "give it as you type it to ssh");
  }
  // As links read it; no character of it means anything to a shell.
  if (
    authority !== undefined && !/^[a-z][a-z0-9-]*\+[A-Za-z0-9._@:%~+-]{1,1000}$/.test(authority)
  ) {
    refuse("this is no authority of an editor", "such as hostb=ssh-remote+hostb");
  }
  return { name, ...authority !== undefined && { authority } };
}

/**
 * The hosts of the part that is ours.
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
 * Gives ssh's settings with our part, at its place or at the end; without it if there are no hosts.
 *
 * ssh runs the command behind `exec` for the named host alone and, if it succeeds, reads the files
 * that it has written. A program that is gone fails silently. `Match all` ends the part for what
 * stands below it.
 *
 * Source: ssh_config(5), "Match" and "Include".
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` for paths that would need quotes in the quotes.
 */
export function withSshBlock(text: string, { program, folder, hosts }: SshBlock): string {
  const { before, after } = split(text);
  if (hosts.length === 0) return before + after;
  for (const path of [program, folder]) {
    if (PLAIN_PATH.test(path)) continue;
    const reason = "has characters that ssh's settings cannot hold in a command";
    throw new SessionctlError("NOT_SUPPORTED", `${printablePath(path)} ${reason}`);
  }
  const matches = hosts.flatMap(({ name, authority }) => {
    const option = authority === undefined ? "" : `--authority ${authority.replaceAll("%", "%%")} `;
    const prepare = `'${program}' ssh --prepare '${folder}' ${option}${name}`;
    return [
      `Match originalhost ${name} exec "test -x '${program}' && exec ${prepare}"`,
      `  Include "${folder}/*.conf"`,
    ];
  });
  const start = before === "" || before.endsWith("\n") ? before : `${before}\n`;
  return `${start}${[BEGIN, ...matches, "Match all", END].join("\n")}\n${after}`;
}

function split(text: string): { before: string; ours: string[]; after: string } {
  const lines = text.split(/(?<=\n)/);
  const at = (mark: string) => lines.findIndex((line) => line.trimEnd() === mark);
  const [begin, end] = [at(BEGIN), at(END)];
  if (begin < 0 && end < 0) return { before: text, ours: [], after: "" };
  if (begin < 0 || end < begin) {
    throw new SessionctlError(
      "IO_ERROR",
      "ssh's settings have one of the lines that enclose the part of sessionctl, not both",
      { hint: `remove what is left of it: from "${BEGIN}" to "${END}"` },
    );
  }
  return {
    before: lines.slice(0, begin).join(""),
    ours: lines.slice(begin + 1, end).map((line) => line.trimEnd()),
    after: lines.slice(end + 1).join(""),
  };
}
