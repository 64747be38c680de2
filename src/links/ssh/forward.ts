import { join } from "@std/path/posix";
import { freshLinkName, linkNameOf } from "../../platform/mod.ts";
import type { Link } from "../receive/links.ts";
import { readSshArguments } from "./arguments.ts";

/** How an ssh connection gets a link; or why it gets none, for a note. */
export type SshForward =
  /** The path on the other machine that ssh has to forward, unless it forwards one already. */
  | { readonly remotePath: string | undefined }
  | { readonly without: string };

/** A folder that every machine has; the socket in it is 0600, as sshd makes it. */
const COMMON_FOLDER = "/tmp";

/** How long ssh may take to answer a question about a connection, in milliseconds. */
const LIMIT_MS = 5000;

/** The variable that keeps ssh from asking `sessionctl ssh --prepare` for a link. */
export const NO_LINK = "SESSIONCTL_SSH_LINK";

/**
 * Decides where ssh forwards a link's socket to on the machine that it connects to: into the folder
 * that the machine has named over the link before, else into `/tmp`. Each connection has a name of
 * its own there, because sshd leaves the file behind when the connection ends, and a name that is
 * taken cannot be forwarded to.
 *
 * If there is a master connection (ControlMaster), it is told here to forward the socket, to a name
 * that all its sessions share. It goes on forwarding when they have ended. If a session asked for
 * it and the machine refused, ssh would connect once more, and ask for passwords again.
 *
 * @param ssh The program.
 * @param words ssh's arguments.
 * @param limitMs How long ssh may take to answer each question, in milliseconds.
 */
export async function sshForward(
  ssh: string,
  words: readonly string[],
  link: Pick<Link, "socketPath" | "remoteFolder">,
  limitMs = LIMIT_MS,
): Promise<SshForward> {
  const settings = await effectiveSettings(ssh, words, limitMs);
  // Whatever is wrong with the arguments, ssh says it better; OpenSSH before 6.8 has no -G.
  if (settings === undefined) return { without: "this ssh does not tell its settings (ssh -G)" };
  if (settings.get("exitonforwardfailure") === "yes") {
    return { without: "ExitOnForwardFailure is set, which would end a connection without one" };
  }
  if (settings.get("clearallforwardings") === "yes") {
    return { without: "ClearAllForwardings is set" };
  }
  // Another user has another folder.
  const { changesMachine } = readSshArguments(words);
  const folder = changesMachine ? COMMON_FOLDER : link.remoteFolder ?? COMMON_FOLDER;
  const master = await findMaster(ssh, settings.get("controlpath"), limitMs);
  if (!master) return { remotePath: join(folder, freshLinkName()) };
  const forward = `${join(folder, master.name)}:${link.socketPath}`;
  const { success } = await quietly(ssh, [...master.args, "-O", "forward", "-R", forward], limitMs);
  return success
    ? { remotePath: undefined }
    : { without: "the master connection does not forward it" };
}

/** ssh's settings for a connection; undefined if it cannot tell them. */
async function effectiveSettings(
  ssh: string,
  words: readonly string[],
  limitMs: number,
): Promise<ReadonlyMap<string, string> | undefined> {
  const { success, stdout } = await quietly(ssh, ["-G", ...words], limitMs);
  if (!success) return undefined;
  const lines = new TextDecoder().decode(stdout).split("\n");
  return new Map(lines.map((line) => {
    const space = line.indexOf(" ");
    return [line.slice(0, space), line.slice(space + 1)];
  }));
}

interface Master {
  /** The name of the socket that its sessions share. */
  readonly name: string;
  /** Arguments of an ssh that speaks to it, and reads no settings. */
  readonly args: readonly string[];
}

/** The master connection that a session would go over; undefined if there is none. */
async function findMaster(
  ssh: string,
  controlPath: string | undefined,
  limitMs: number,
): Promise<Master | undefined> {
  if (controlPath === undefined || controlPath === "none") return undefined;
  // ssh wants a host, and asks the master only.
  const args = ["-F", "/dev/null", "-S", controlPath, "localhost"];
  const { success } = await quietly(ssh, [...args, "-O", "check"], limitMs);
  if (!success) return undefined;
  try {
    const { ino, mtime } = Deno.lstatSync(controlPath);
    return { name: await linkNameOf(`${controlPath} ${ino} ${mtime?.getTime()}`), args };
  } catch {
    return undefined; // It has just ended.
  }
}

/** A program that is killed because it takes too long has not succeeded. */
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
