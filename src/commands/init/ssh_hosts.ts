import { type CommandContext, ExitCode } from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { findSsh, NO_LINK } from "../../links/mod.ts";
import { ensurePrivateDirectory, homeDirectory, printablePath } from "../../platform/mod.ts";
import {
  changeFile,
  installedProgram,
  type SshHost,
  sshHostsIn,
  withSshBlock,
} from "../../shell/mod.ts";

type SshContext = Pick<CommandContext<unknown>, "output"> & {
  readonly args: { readonly ssh: readonly SshHost[]; readonly uninstall: boolean };
};

/** `init --ssh`: gives plain `ssh HOST` a link; with `--uninstall`, removes that again. */
export function changeSshHosts({ args, output }: SshContext): number {
  const change = args.uninstall ? without(args.ssh) : withHosts(args.ssh);
  const { file, hosts, isChanged } = changeSshConfig(change);
  if (output.json) output.value({ sshConfig: file, hosts, changed: isChanged });
  else tell({ args, output }, printablePath(file), isChanged);
  return ExitCode.Done;
}

export interface SshConfigChange {
  readonly file: string;
  readonly hosts: readonly SshHost[];
  /** The names of the hosts that the change removed. */
  readonly removed: readonly string[];
  readonly isChanged: boolean;
}

type Change = (before: readonly SshHost[]) => SshHost[];

/** Adds hosts after the existing ones; a host that already exists is replaced in its place. */
function withHosts(hosts: readonly SshHost[]): Change {
  return (before) => [...new Map([...before, ...hosts].map((one) => [one.name, one])).values()];
}

function without(hosts: readonly SshHost[]): Change {
  return (before) => before.filter(({ name }) => !hosts.some((host) => host.name === name));
}

function tell({ args, output }: SshContext, file: string, isChanged: boolean): void {
  const names = args.ssh.map(({ name }) => name).join(", ");
  if (args.uninstall) {
    return output.note(
      isChanged ? `removed ${names} from ${file}` : `${file} does not contain ${names}`,
    );
  }
  output.note(isChanged ? `added ${names} to ${file}` : `${file} already contains ${names}`);
  output.note("from now on, a plain ssh session to such a host has a link");
}

/**
 * Changes the hosts in `~/.ssh/config`. ssh checks the new settings before they replace the old ones,
 * so that an ssh that is too old for them keeps working.
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` if ssh does not accept them; as `changeFile`.
 */
export function changeSshConfig(change: Change): SshConfigChange {
  const home = homeDirectory();
  if (home === undefined) {
    throw new SessionctlError("STATE_UNAVAILABLE", "no home directory for ssh's settings", {
      hint: "set HOME",
    });
  }
  const [file, folder] = [`${home}/.ssh/config`, `${home}/.ssh/sessionctl`];
  const { path: program } = installedProgram();
  let hosts: readonly SshHost[] = [];
  let earlier: readonly SshHost[] = [];
  const { isChanged } = changeFile(file, (text) => {
    earlier = sshHostsIn(text);
    hosts = change(earlier);
    return withSshBlock(text, { program, folder, hosts, variable: NO_LINK });
  }, {
    mode: 0o600,
    folderMode: 0o700,
    check(temporary) {
      if (hosts.length === 0) return;
      ensurePrivateDirectory(folder);
      checkSettings(temporary, file, hosts[0]!.name);
    },
  });
  if (hosts.length === 0 && earlier.length > 0) removeFolder(folder);
  const removed = earlier.filter(({ name }) => !hosts.some((host) => host.name === name));
  return { file, hosts, removed: removed.map(({ name }) => name), isChanged };
}

/** Removes the folder; connections have already read the files in it. */
function removeFolder(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch {
    // The folder does not exist, or it stays without being used.
  }
}

/** Lets ssh parse the settings. Source: ssh(1), `-G`. */
function checkSettings(temporary: string, file: string, host: string): void {
  const ssh = findSsh();
  const { success, stderr } = new Deno.Command(ssh, {
    args: ["-F", temporary, "-G", host],
    env: { [NO_LINK]: "no" },
    stdin: "null",
    stdout: "null",
  }).outputSync();
  if (success) return;
  const text = new TextDecoder().decode(stderr).trim().replaceAll(temporary, file);
  throw new SessionctlError("NOT_SUPPORTED", `ssh does not accept the new settings: ${text}`, {
    hint: "the settings were not changed; sessionctl ssh HOST needs none",
  });
}
