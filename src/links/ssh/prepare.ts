import { join } from "@std/path/posix";
import { reasonOf, SessionctlError } from "../../errors.ts";
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
  /** The ssh process that asks. */
  readonly pid: number;
  /** Returns the link to a machine, named as typed. */
  link(destination: string): Promise<Link>;
  env(name: string): string | undefined;
}

/** The time for which a file is useful while ssh reads its settings, in milliseconds. */
const KEPT_MS = 10_000;

/** Text that needs no quotes in ssh's settings and is not a token. Source: ssh_config(5). */
const PLAIN_PATH = /^\/[A-Za-z0-9_/.@+-]+$/;

/**
 * Prepares a link for an ssh that is reading its settings: writes a file that ssh includes next,
 * with the forwarding for this one connection. ssh asks again if it reads its settings twice
 * (CanonicalizeHostname), and gets the same answer.
 *
 * @returns whether ssh has a file to include. There is none, and no link, for other programs that
 * use ssh: scp, sftp, rsync, git, and tunnels of stdin and stdout.
 * @throws {SessionctlError} with the reason why no link is possible.
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
  const forward = await sshForward(ssh, words, () => options.link(read.destination ?? host));
  if ("without" in forward) throw new SessionctlError("NOT_SUPPORTED", forward.without);
  const { remotePath, link } = forward;
  if (remotePath === undefined) return false; // The master connection forwards it.
  if (![remotePath, link.socketPath].every((path) => PLAIN_PATH.test(path))) {
    throw new SessionctlError("NOT_SUPPORTED", `ssh's settings cannot name ${link.socketPath}`);
  }
  const lines = [head, ...onlyFor(pid), `  RemoteForward ${remotePath} ${link.socketPath}`];
  write(file, `${lines.join("\n")}\n`);
  return true;
}

/** Whether a user may type `open` in the session, as far as the arguments show. */
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
 * Several connections read the folder concurrently, and each uses its own file: the ssh process is
 * the parent of the shell that it runs. This works in the usual shells of `SHELL`: bash, dash, zsh,
 * fish, tcsh.
 */
function onlyFor(pid: number): string[] {
  return [`Match exec "exec /bin/sh -c '[ $PPID = ${pid} ]'"`];
}

/** Whether the file belongs to this very process, and not to an earlier one with the same pid. */
function isSameConnection(file: string, head: string, { startedAt }: AskingSsh): boolean {
  try {
    const [first] = Deno.readTextFileSync(file).split("\n");
    return startedAt === undefined
      ? Date.now() - Number(first?.slice(2)) < KEPT_MS
      : first === head;
  } catch {
    return false; // There is no file.
  }
}

/** Removes files that earlier connections have read. */
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
    throw new SessionctlError("IO_ERROR", `cannot write ${file}: ${reasonOf(error)}`);
  }
}
