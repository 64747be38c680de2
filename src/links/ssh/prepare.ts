import { join } from "@std/path/posix";
import { messageOf, SessionctlError } from "../../errors.ts";
import { checkPrivateDirectory, replaceFile } from "../../platform/mod.ts";
import type { Link } from "../receive/links.ts";
import { readSshArguments, type SshArguments } from "./arguments.ts";
import { NO_LINK, sshForward } from "./forward.ts";
import { type AskingSsh, callerOf } from "./caller.ts";

export interface PrepareOptions {
  /** The folder that the settings of ssh include. */
  readonly folder: string;
  /** The host's name in ssh's settings. */
  readonly host: string;
  /** The program. */
  readonly ssh: string;
  /** The process of ssh that asks. */
  readonly pid: number;
  /** Gives the link to a machine, as it was typed. */
  link(destination: string): Promise<Link>;
  env(name: string): string | undefined;
}

/** A file is of use while ssh reads its settings, in milliseconds. */
const KEPT_MS = 10_000;

/** What needs no quotes in ssh's settings, and is no token. Source: ssh_config(5). */
const PLAIN_PATH = /^\/[A-Za-z0-9_/.@+-]+$/;

/**
 * Prepares a link for an ssh that reads its settings: writes a file that ssh includes next, with the
 * forwarding for this one connection. ssh asks again when it reads its settings twice
 * (CanonicalizeHostname), and gets the same answer.
 *
 * @returns whether ssh has a file to include. It has none, and connects without a link, for what
 * other programs do over ssh: scp, sftp, rsync, git, tunnels of stdin and stdout.
 * @throws {SessionctlError} why there can be no link.
 */
export async function prepareLink(options: PrepareOptions): Promise<boolean> {
  const { host, ssh, pid, env } = options;
  if (env(NO_LINK) === "no") return false;
  const caller = await callerOf(pid);
  const words = caller.words ?? [host];
  const read = readSshArguments(words);
  if (!wantsLink(read)) return false;
  const { folder } = options;
  checkPrivateDirectory(folder);
  removeOld(folder);
  const file = join(folder, `${pid}.conf`);
  const head = `# ${caller.startedAt ?? Date.now()}`;
  if (isSameConnection(file, head, caller)) return true;
  const link = await options.link(read.destination ?? host);
  const forward = await sshForward(ssh, words, link);
  if ("without" in forward) throw new SessionctlError("NOT_SUPPORTED", forward.without);
  const { remotePath } = forward;
  if (remotePath === undefined) return false; // The master connection forwards it.
  if (![remotePath, link.socketPath].every((path) => PLAIN_PATH.test(path))) {
    throw new SessionctlError("NOT_SUPPORTED", `ssh's settings cannot name ${link.socketPath}`);
  }
  const lines = [head, ...onlyFor(pid), `  RemoteForward ${remotePath} ${link.socketPath}`];
  write(file, `${lines.join("\n")}\n`);
  return true;
}

/** Whether a person may type `open` in the session, as far as the arguments tell. */
function wantsLink({ command, terminal, settings, ...args }: SshArguments): boolean {
  if (!args.opensSession || args.isSubsystem || terminal === false) return false;
  // The editor would look for the files elsewhere.
  if (args.changesMachine) return false;
  const isSet = (name: string, value: string) => settings.get(name)?.toLowerCase() === value;
  if (isSet("requesttty", "no") || isSet("clearallforwardings", "yes")) return false;
  return command.length === 0 || terminal === true ||
    isSet("requesttty", "yes") || isSet("requesttty", "force");
}

/**
 * Several connections read the folder at once, and each takes its own file: the process of ssh is
 * the parent of the shell that it runs. Works in the shells of a person's `SHELL`: bash, dash, zsh,
 * fish, tcsh.
 */
function onlyFor(pid: number): string[] {
  return [`Match exec "exec /bin/sh -c '[ $PPID = ${pid} ]'"`];
}

/** Whether the file is the one of this very process, and not of an earlier one with its number. */
function isSameConnection(file: string, head: string, { startedAt }: AskingSsh): boolean {
  try {
    const [first] = Deno.readTextFileSync(file).split("\n");
    return startedAt === undefined
      ? Date.now() - Number(first?.slice(2)) < KEPT_MS
      : first === head;
  } catch {
    return false; // There is none.
  }
}

/** Removes what earlier connections have read. */
function removeOld(folder: string): void {
  for (const { name } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    try {
      const age = Date.now() - (Deno.lstatSync(path).mtime?.getTime() ?? 0);
      if (age > KEPT_MS) Deno.removeSync(path);
    } catch {
      // Another connection has removed it.
    }
  }
}

function write(file: string, text: string): void {
  try {
    replaceFile(file, text, { mode: 0o600 });
  } catch (error) {
    throw new SessionctlError("IO_ERROR", `cannot write ${file}: ${messageOf(error)}`);
  }
}
