import { startRegistry } from "../background/mod.ts";
import { type Arguments, type CommandContext, defineCommand, option } from "../cli/mod.ts";
import { messageOf, SessionctlError } from "../errors.ts";
import {
  authorityOf,
  isAuthority,
  makeLink,
  readSshArguments,
  readSshName,
  runSsh,
  sshForward,
} from "../links/mod.ts";
import { printablePath, realPathOf, system } from "../platform/mod.ts";

const options = {
  authority: option.text({
    valueName: "AUTHORITY",
    summary: "How the editor here names HOST",
    unlessGiven: "as Remote-SSH names it: ssh-remote+HOST",
    oneCall: true,
  }),
};

type SshContext = CommandContext<Arguments<typeof options>>;

/** `sessionctl ssh`: runs ssh with a link through which files of the other machine open here. */
export const command = defineCommand({
  name: "ssh",
  group: "open",
  summary: "Connect with ssh; open, typed there, opens files in the editor here",
  operands: [{ name: "HOST", kind: "text" }, { name: "ARGUMENT", kind: "text", arity: "any" }],
  operandsEndOptions: true,
  options,
  examples: [
    { command: "sessionctl ssh hostb", does: "a shell on hostb, from which open reaches back" },
    {
      command: "sessionctl ssh hostb -t tmux attach",
      does: "ssh's own options and a command go behind the host",
    },
  ],
  details: [
    "sessionctl must be installed on HOST as well. There, open takes a window on HOST that has " +
    "the file; else the editor at this end, as a file of HOST.",
    "The arguments behind HOST, the terminal and the exit code are ssh's. Where there can be no " +
    "link, a note says why, and ssh connects without one.",
    "HOST can ask for its own files to be opened here, and for nothing else.",
  ],
  run: connect,
});

async function connect(context: SshContext): Promise<number> {
  const ssh = findSsh();
  const words = context.operands;
  const args = [...await linkArguments(context, ssh), ...words];
  context.output.step(`running: ${[ssh, ...args].join(" ")}`);
  return await runSsh(ssh, args);
}

/** @returns no arguments if no link is possible. */
async function linkArguments(context: SshContext, ssh: string): Promise<readonly string[]> {
  const { output, operands, socket } = context;
  if (!readSshArguments(operands).opensSession) return [];
  try {
    const authority = authorityFor(context);
    const { socketPath } = await startRegistry({ socket, note: (line) => output.note(line) });
    const link = await makeLink(socketPath, { destination: operands[0]!, authority });
    const forward = await sshForward(ssh, operands, link.socketPath);
    if ("args" in forward) return forward.args;
    output.note(`no link: ${forward.without}`);
  } catch (error) {
    if (!(error instanceof SessionctlError) || error.code === "USAGE") throw error;
    output.note(`no link: ${messageOf(error)}`);
  }
  return [];
}

function authorityFor({ args: { authority }, operands, output }: SshContext): string {
  if (authority !== undefined) {
    if (isAuthority(authority)) return authority;
    throw new SessionctlError("USAGE", `--authority is not one: ${printablePath(authority)}`, {
      hint: "such as ssh-remote+hostb",
    });
  }
  const [destination = ""] = operands;
  const name = readSshName(destination);
  if (name === undefined) {
    throw new SessionctlError(
      "NOT_SUPPORTED",
      `the editor has no name for ${printablePath(destination)}; give one with --authority`,
    );
  }
  const found = authorityOf(name);
  if (readSshArguments(operands).changesMachine) {
    output.note(`the editor reaches this machine as ${found}; --authority names another`);
  }
  return found;
}

/** The first `ssh` on `PATH` that is not this program under another name. */
function findSsh(): string {
  const own = realPathOf(Deno.execPath());
  for (const folder of (system.env("PATH") ?? "/usr/bin:/bin").split(":")) {
    const path = `${folder}/ssh`;
    if (!path.startsWith("/")) continue;
    try {
      const { isFile, mode } = Deno.statSync(path);
      if (isFile && ((mode ?? 0) & 0o111) !== 0 && realPathOf(path) !== own) return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new SessionctlError("NOT_FOUND", "there is no ssh on PATH", {
    hint: "install OpenSSH's client",
  });
}
