import { freePort, type Sandbox, spawn } from "../../../tests/support/mod.ts";

/** The directory that Debian's sshd requires for its unprivileged part. */
const PRIVILEGE_SEPARATION = "/run/sshd";

/**
 * Makes an ssh connection over the loopback to a new sshd. Both end with the sandbox.
 *
 * @param args The arguments of ssh before the host, such as forwardings.
 */
export async function connectBySsh(sandbox: Sandbox, args: readonly string[]): Promise<void> {
  const folder = sandbox.path("ssh");
  await Deno.mkdir(folder, { mode: 0o700 });
  const key = `${folder}/key`;
  await execute("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key);
  await Deno.mkdir(PRIVILEGE_SEPARATION, { recursive: true });
  const port = freePort();
  const settings = {
    Port: port,
    ListenAddress: "127.0.0.1",
    HostKey: key,
    AuthorizedKeysFile: `${key}.pub`,
    PidFile: "none",
    UsePAM: "no",
    StrictModes: "no",
    PasswordAuthentication: "no",
    PermitRootLogin: "prohibit-password",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  await Deno.writeTextFile(`${folder}/sshd_config`, lines.join(""));
  spawn(sandbox, "/usr/sbin/sshd", ["-D", "-e", "-f", `${folder}/sshd_config`]);
  const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"];
  const client = [
    ...["-F", "none", "-i", key, "-p", String(port), "-N", "-q", "-o", "ConnectionAttempts=20"],
    ...options.flatMap((option) => ["-o", option]),
  ];
  spawn(sandbox, "ssh", [...client, ...args, "127.0.0.1"]);
}

async function execute(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}
