import { join } from "@std/path/posix";
import { freshLinkName, linkNameOf } from "../../platform/mod.ts";
import type { Link } from "../receive/links.ts";
import { readSshArguments } from "./arguments.ts";

/** The way in which an ssh connection gets a link, or the reason why it gets none, for a note. */
export type SshForward<Some> =
  /** The path on the other machine that ssh has to forward, unless it forwards one already. */
  | { readonly remotePath: string | undefined; readonly link: Some }
  | { readonly without: string };

/** A folder that exists on every machine; sshd creates the socket in it with mode 0600. */
const COMMON_FOLDER = "/tmp";

/**
 * Time limit for ssh to answer a question about a connection, in milliseconds. It is long, because
 * an ssh that hangs here would hang in the connection, too, while a busy machine only takes longer.
 */
const LIMIT_MS = 15_000;

/** The variable that keeps ssh from requesting a link with `sessionctl ssh --prepare`. */
export const NO_LINK = "SESSIONCTL_SSH_LINK";

/**
 * Decides the path to which ssh forwards a link's socket on the other machine: in the folder that
 * the machine has named over the link before, or else in `/tmp`. Each connection has its own name
 * there, because sshd leaves the file behind when the connection ends, and forwarding to an
 * existing name fails.
 *
 * If there is a master connection (ControlMaster), it is asked here to forward the socket, to a
 * name that all its sessions share. It keeps forwarding after they have ended. If a session
 * requested the forwarding and the machine refused, ssh would connect again, and ask for passwords
 * again.
 *
 * @param ssh The program.
 * @param words ssh's arguments.
 * @param makeLink Returns the link; only called if ssh's settings allow one.
 * @param limitMs Time limit for ssh to answer each question, in milliseconds.
 */
export async function sshForward<Some extends Pick<Link, "socketPath" | "remoteFolder">>(
  ssh: string,
  words: readonly string[],
  makeLink: () => Promise<Some>,
  limitMs = LIMIT_MS,
): Promise<SshForward<Some>> {
  const settings = await effectiveSettings(ssh, words, limitMs);
  if ("without" in settings) return settings;
  if (settings.get("exitonforwardfailure") === "yes") {
    return { without: "ExitOnForwardFailure is set, which would end a connection without one" };
  }
  if (settings.get("clearallforwardings") === "yes") {
    return { without: "ClearAllForwardings is set" };
  }
  const link = await makeLink();
  // Another user has another folder.
  const { changesMachine } = readSshArguments(words);
  const folder = changesMachine ? COMMON_FOLDER : link.remoteFolder ?? COMMON_FOLDER;
  const master = await findMaster(ssh, settings.get("controlpath"), limitMs);
  if (!master) return { remotePath: join(folder, freshLinkName()), link };
  const forward = `${join(folder, master.name)}:${link.socketPath}`;
  const { success } = await quietly(ssh, [...master.args, "-O", "forward", "-R", forward], limitMs);
  return success
    ? { remotePath: undefined, link }
    : { without: "the master connection does not forward it" };
}

/** ssh's settings for a connection, or the reason why they are unknown. */
async function effectiveSettings(
  ssh: string,
  words: readonly string[],
  limitMs: number,
): Promise<ReadonlyMap<string, string> | { readonly without: string }> {
  const { success, signal, stdout } = await quietly(ssh, ["-G", ...words], limitMs);
  if (signal !== null) return { without: `ssh -G did not print its settings within ${limitMs} ms` };
  // If the arguments are wrong, ssh explains it better; OpenSSH before 6.8 has no -G.
  if (!success) return { without: "this ssh does not print its settings (ssh -G)" };
  const lines = new TextDecoder().decode(stdout).split("\n");
  return new Map(lines.map((line) => {
    const space = line.indexOf(" ");
    return [line.slice(0, space), line.slice(space + 1)];
  }));
}

interface Master {
  /** The name of the socket that the master's sessions share. */
  readonly name: string;
  /** Arguments of an ssh that controls it, without reading settings. */
  readonly args: readonly string[];
}

/** The master connection that a session would use; undefined if there is none. */
async function findMaster(
  ssh: string,
  controlPath: string | undefined,
  limitMs: number,
): Promise<Master | undefined> {
  if (controlPath === undefined || controlPath === "none") return undefined;
  // ssh requires a host, but only asks the master.
  const args = ["-F", "/dev/null", "-S", controlPath, "localhost"];
  const { success } = await quietly(ssh, [...args, "-O", "check"], limitMs);
  if (!success) return undefined;
  try {
    const { ino, mtime } = Deno.lstatSync(controlPath);
    return { name: await linkNameOf(`${controlPath} ${ino} ${mtime?.getTime()}`), args };
  } catch {
    return undefined; // The master has just ended.
  }
}

/** A program that is killed after its time limit has not succeeded. */
async function quietly(
  ssh: string,
  args: readonly string[],
  limitMs: number,
): Promise<Deno.CommandOutput> {
  return await new Deno.Command(ssh, {
    args: [...args],
    env: { [NO_LINK]: "no" },
    stdin: "null",
    stderr: "null",
    signal: AbortSignal.timeout(limitMs),
  }).output();
}
