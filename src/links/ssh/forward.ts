import { join } from "@std/path/posix";
import { freshLinkName, linkNameOf } from "../../platform/mod.ts";

/** Why an ssh connection gets no link, for a note; or the arguments that make it one. */
export type SshForward =
  | { readonly args: readonly string[] }
  | { readonly without: string };

/** A folder that every machine has; the socket in it is 0600, as sshd makes it. */
const REMOTE_FOLDER = "/tmp";

/** How long ssh may take to answer a question about a connection, in milliseconds. */
const LIMIT_MS = 5000;

/**
 * The arguments by which ssh forwards a link's socket to the machine it connects to. Each
 * connection has a name of its own there, because sshd leaves the file behind when the connection
 * ends, and a name that is taken cannot be forwarded to.
 *
 * Sessions over one master connection (ControlMaster) share a name, so that the master forwards it
 * once: it goes on forwarding when their sessions have ended.
 *
 * @param ssh The program.
 * @param words The destination, then ssh's own arguments.
 * @param linkSocket The link's socket on this machine.
 * @param limitMs How long ssh may take to answer each question, in milliseconds.
 */
export async function sshForward(
  ssh: string,
  words: readonly string[],
  linkSocket: string,
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
  const name = await masterName(ssh, words, settings.get("controlpath"), limitMs) ??
    freshLinkName();
  return { args: ["-R", `${join(REMOTE_FOLDER, name)}:${linkSocket}`] };
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

/** The name that all sessions over a master connection share; undefined if there is no master. */
async function masterName(
  ssh: string,
  words: readonly string[],
  controlPath: string | undefined,
  limitMs: number,
): Promise<string | undefined> {
  if (controlPath === undefined || controlPath === "none") return undefined;
  const { success } = await quietly(ssh, ["-O", "check", ...words], limitMs);
  if (!success) return undefined;
  try {
    const { ino, mtime } = Deno.lstatSync(controlPath);
    return await linkNameOf(`${controlPath} ${ino} ${mtime?.getTime()}`);
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
  const signal = AbortSignal.timeout(limitMs);
  return await new Deno.Command(ssh, { args: [...args], stdin: "null", stderr: "null", signal })
    .output();
}
