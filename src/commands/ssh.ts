import { deadline } from "@std/async/deadline";
import { startRegistry } from "../background/mod.ts";
import {
  type Arguments,
  type CommandContext,
  defineCommand,
  ExitCode,
  option,
} from "../cli/mod.ts";
import { messageOf, SessionctlError } from "../errors.ts";
import {
  authorityOf,
  findSsh,
  isAuthority,
  type Link,
  makeLink,
  NO_LINK,
  prepareLink,
  readSshArguments,
  readSshName,
  runSsh,
  sshForward,
} from "../links/mod.ts";
import { printablePath } from "../platform/mod.ts";
import { refuseOnWindows } from "./shared/refuse_on_windows.ts";

const options = {
  authority: option.text({
    valueName: "AUTHORITY",
    summary: "How the editor here names HOST",
    unlessGiven: "as Remote-SSH names it: ssh-remote+HOST",
    oneCall: true,
  }),
  prepare: option.folder({
    summary: "Write the settings for the ssh that asks to this folder (init --ssh)",
    hidden: true,
    oneCall: true,
  }),
};

type SshContext = CommandContext<Arguments<typeof options>>;

/** `sessionctl ssh`: runs ssh with a link through which files of the other machine open here. */
export const command = defineCommand({
  name: "ssh",
  group: "open",
  summary: "Connect with ssh; open, typed there, opens files in the editor here",
  operands: [{ name: "HOST", kind: "host" }, { name: "ARGUMENT", kind: "text", arity: "any" }],
  operandsEndOptions: true,
  options,
  examples: [
    { command: "sessionctl ssh hostb", does: "a shell on hostb, from which open reaches back" },
    {
      command: "sessionctl ssh hostb -t tmux attach",
      does: "put ssh's own options and a command after the host",
    },
  ],
  details: [
    "sessionctl must also be installed on HOST. There, open uses a window on HOST that has the " +
    "file, or else the editor on this machine, which opens it as a file of HOST.",
    "The arguments after HOST, the terminal and the exit code are ssh's. If no link is possible, " +
    "a note says why, and ssh connects without one.",
    "HOST can only request that its own files be opened here, unless serve --link-allow or " +
    "--link-hop allows more.",
    "sessionctl init --ssh HOST gives plain ssh HOST a link, too.",
  ],
  run: (context) => {
    refuseOnWindows("ssh");
    return context.args.prepare === undefined ? connect(context) : prepare(context);
  },
});

async function connect(context: SshContext): Promise<number> {
  const ssh = findSsh();
  const words = context.operands;
  const args = [...await linkArguments(context, ssh), ...words];
  context.output.step(`running: ${[ssh, ...args].join(" ")}`);
  // ssh's settings may also request a link (init --ssh).
  Deno.env.set(NO_LINK, "no");
  return await runSsh(ssh, args);
}

/** @returns no arguments if no link is possible, or the master connection has one. */
async function linkArguments(context: SshContext, ssh: string): Promise<readonly string[]> {
  const { output, operands } = context;
  if (!readSshArguments(operands).opensSession) return [];
  try {
    const authority = authorityFor(operands[0]!, context.args.authority);
    const note = (line: string) => output.note(line);
    const makeLink = () => linkTo(context, operands[0]!, authority, { note, noteStart: note });
    const forward = await sshForward(ssh, operands, makeLink);
    if ("without" in forward) {
      output.note(`no link: ${forward.without}`);
      return [];
    }
    if (readSshArguments(operands).changesMachine) {
      output.note(`the editor reaches this machine as ${authority}; --authority names another`);
    }
    const { remotePath, link } = forward;
    if (remotePath !== undefined) return ["-R", `${remotePath}:${link.socketPath}`];
  } catch (error) {
    if (!(error instanceof SessionctlError) || error.code === "USAGE") throw error;
    output.note(`no link: ${messageOf(error)}`);
  }
  return [];
}

/** Makes the link to a machine, named as typed to ssh; starts the registry if none runs. */
async function linkTo(
  { socket }: SshContext,
  destination: string,
  authority: string,
  { note, noteStart }: {
    readonly note: (line: string) => void;
    readonly noteStart?: (line: string) => void;
  },
): Promise<Link> {
  const { socketPath, pid, alreadyRunning } = await startRegistry({ socket, note });
  // ssh replaces this process, so nothing here could end the registry with the connection.
  if (!alreadyRunning) {
    noteStart?.(
      `started a registry in the background on ${printablePath(socketPath)} (pid ${pid}); ` +
        "end it with: sessionctl stop",
    );
  }
  return await makeLink(socketPath, { destination, authority });
}

function authorityFor(destination: string, authority: string | undefined): string {
  if (authority !== undefined) {
    if (isAuthority(authority)) return authority;
    throw new SessionctlError(
      "USAGE",
      `--authority is not an editor's authority: ${printablePath(authority)}`,
      {
        hint: "for example ssh-remote+hostb",
      },
    );
  }
  const name = readSshName(destination);
  if (name !== undefined) return authorityOf(name);
  throw new SessionctlError(
    "NOT_SUPPORTED",
    `the editor has no name for ${printablePath(destination)}; give one with --authority`,
  );
}

/** Time limit in milliseconds; ssh waits for the command, and then connects without a link. */
const PREPARE_MS = 20_000;

/**
 * `ssh --prepare`, which ssh runs while it reads its settings. It prints nothing to stdout, which
 * may be a pipe of git or rsync, and only on a terminal it notes why there is no link.
 *
 * @returns 0 if ssh has settings to include.
 */
async function prepare(context: SshContext): Promise<number> {
  const { output, operands: [host = ""], args: { prepare: folder = "" } } = context;
  const note = (line: string) => {
    if (Deno.stderr.isTerminal()) output.note(line);
  };
  try {
    const ssh = findSsh();
    const link = (destination: string) =>
      linkTo(context, destination, authorityFor(destination, context.args.authority), { note });
    const env = (name: string) => Deno.env.get(name);
    const preparing = prepareLink({ folder, host, ssh, pid: Deno.ppid, link, env });
    const isReady = await deadline(preparing, PREPARE_MS);
    return isReady ? ExitCode.Done : ExitCode.Failed;
  } catch (error) {
    note(`no link: ${messageOf(error)}`);
    return ExitCode.Failed;
  }
}
