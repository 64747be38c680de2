/**
 * Several hosts on one machine. Each has its own network, processes, host name, users (ann and
 * bob), home directories, /run, /tmp and sshd. One bridge connects them.
 */
import { resolve } from "@std/path";
import type { RunResult } from "../program.ts";
import { type Running, spawn } from "../running.ts";
import type { Sandbox } from "../sandbox.ts";
import { until } from "../until.ts";

const root = resolve(import.meta.dirname!, "../../..");
const SETUP = resolve(import.meta.dirname!, "setup.sh");
const UNSHARE = ["--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"];

/** A user of every host, by id. */
const USERS = { root: 0, ann: 1000, bob: 1001 } as const;

export interface HostCommand {
  /** The user that runs it; ann by default. */
  readonly user?: keyof typeof USERS;
  readonly env?: Record<string, string>;
}

export interface Host {
  readonly name: string;
  readonly address: string;
  /** Runs a shell script on the host to its end, in the user's home directory. */
  run(script: string, command?: HostCommand): Promise<RunResult>;
  /** Like {@link run}, but must succeed. @returns its stdout. */
  output(script: string, command?: HostCommand): Promise<string>;
  /** Starts a long-running shell script, which ends with the sandbox. */
  start(script: string, command?: HostCommand): Running;
  /** Unplugs the host's network cable, or plugs it in again. */
  cable(state: "up" | "down"): Promise<void>;
}

/** The reason why this machine cannot have hosts; undefined if it can. */
function reasonAgainst(): string | undefined {
  if (Deno.build.os !== "linux") return "hosts need Linux's namespaces";
  if (Deno.uid() !== 0) return "hosts need root";
  const script = "mount -t tmpfs x /tmp && mkdir /tmp/u /tmp/w && " +
    "mount -t overlay -o lowerdir=/etc,upperdir=/tmp/u,workdir=/tmp/w overlay /etc && " +
    "ip link add x type bridge && ip link add y type veth peer name z && test -x /usr/sbin/sshd";
  try {
    const { success, stderr } = new Deno.Command("unshare", {
      args: [...UNSHARE, "--mount-proc", "sh", "-ec", script],
      stdin: "null",
    }).outputSync();
    if (success) return undefined;
    return `no namespaces, or no sshd: ${new TextDecoder().decode(stderr).trim()}`;
  } catch (error) {
    return (error as Error).message; // unshare is not installed.
  }
}

let known: { readonly reason: string | undefined } | undefined;

/**
 * Checked only on the first call, because it takes several processes, and every test loads this
 * file.
 */
function canHaveHosts(): boolean {
  if (known === undefined) {
    known = { reason: reasonAgainst() };
    if (known.reason !== undefined) {
      console.error(`tests with hosts are skipped: ${known.reason}`);
    }
  }
  return known.reason === undefined;
}

/** The options of a test with hosts; it is skipped where hosts are not possible. */
export const withHosts = {
  get ignore(): boolean {
    return !canHaveHosts();
  },
};

/**
 * Makes hosts that reach each other by name and end with the sandbox.
 *
 * @param names The host names, in the order of the result.
 * @example
 * ```ts
 * const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
 * await near.output("ssh hostb hostname"); // "hostb\n"
 * ```
 */
export async function makeHosts<const N extends readonly string[]>(
  sandbox: Sandbox,
  names: N,
): Promise<{ [K in keyof N]: Host }> {
  const keys = sandbox.path("keys");
  await Deno.mkdir(keys);
  for (const key of ["host", "user"]) {
    await execute("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", `${keys}/${key}`);
  }
  const bridge = await startBridge(sandbox);
  const lines = names.map((name, at) => `${addressOf(at)} ${name}`).join("\n");
  const hosts = names.map(async (name, at) => {
    const env = { NAME: name, ADDRESS: addressOf(at), HOSTS: lines, KEYS: keys };
    const { pid, running } = await startHost(sandbox, env);
    const port = `port${at}`;
    const inBridge = ["--net", "-t", String(bridge), "ip"];
    const cable = ["type", "veth", "peer", "name", "eth0", "netns", String(pid)];
    await execute("nsenter", ...inBridge, "link", "add", port, ...cable);
    await execute("nsenter", ...inBridge, "link", "set", port, "up", "master", "lan");
    await until(`sshd on ${name}`, () => running.errors.some((line) => LISTENING.test(line)));
    return new NamespaceHost(sandbox, name, addressOf(at), pid, inBridge, port);
  });
  return await Promise.all(hosts) as { [K in keyof N]: Host };
}

/** What sshd reports when it accepts connections. */
const LISTENING = /^Server listening on 0\.0\.0\.0/;

const addressOf = (at: number) => `10.9.0.${at + 1}`;

/** @returns the pid of the process whose network namespace is the bridge. */
async function startBridge(sandbox: Sandbox): Promise<number> {
  const script = "ip link add lan type bridge && ip link set lan up && echo made && exec sleep 1d";
  const bridge = spawn(sandbox, "unshare", ["--net", "sh", "-c", script]);
  await until("the bridge", () => bridge.lines.includes("made"));
  return bridge.child.pid;
}

/** @returns the pid of the host's first process, and `unshare`, with its output. */
async function startHost(
  sandbox: Sandbox,
  env: Record<string, string>,
): Promise<{ pid: number; running: Running }> {
  const variables = {
    ...env,
    PATH: sandbox.env.PATH!,
    DENO_DIR: sandbox.env.DENO_DIR!,
    REPO: root,
    DENO: Deno.execPath(),
  };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const host = spawn(sandbox, "unshare", [
    ...[...UNSHARE, "--mount-proc", "env", "-i", ...assignments],
    ...["sh", SETUP],
  ]);
  const failed = host.ended.then((code) => {
    throw new Error(`a test host ended with ${code}:\n${host.errors.join("\n")}`);
  });
  failed.catch(() => {}); // It also ends with the sandbox.
  await Promise.race([
    until("the file systems of a host", () => host.lines.includes("made")),
    failed,
  ]);
  const { pid } = host.child;
  const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return { pid: Number(children), running: host };
}

async function execute(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (success) return;
  throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

class NamespaceHost implements Host {
  readonly #sandbox: Sandbox;
  readonly #pid: number;
  readonly #ip: readonly string[];
  readonly #port: string;
  #hasEnded = false;

  constructor(
    sandbox: Sandbox,
    readonly name: string,
    readonly address: string,
    pid: number,
    ip: string[],
    port: string,
  ) {
    this.#sandbox = sandbox;
    this.#pid = pid;
    this.#ip = ip;
    this.#port = port;
  }

  async run(script: string, command: HostCommand = {}): Promise<RunResult> {
    const { lines, errors, ended } = this.start(script, command);
    const text = (of: string[]) => of.map((line) => `${line}\n`).join("");
    return { code: await ended, stdout: text(lines), stderr: text(errors) };
  }

  async output(script: string, command?: HostCommand): Promise<string> {
    const { code, stdout, stderr } = await this.run(script, command);
    if (code === 0) return stdout;
    throw new Error(`on ${this.name}, this exited with ${code}: ${script}\n${stdout}${stderr}`);
  }

  start(script: string, { user = "ann", env = {} }: HostCommand = {}): Running {
    const id = String(USERS[user]);
    const home = user === "root" ? "/root" : `/home/${user}`;
    const variables = {
      PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
      HOME: home,
      USER: user,
      LOGNAME: user,
      SHELL: "/bin/bash",
      NO_COLOR: "1",
      ...(user === "root" ? {} : { XDG_RUNTIME_DIR: `/run/user/${id}` }),
      ...env,
    };
    const running = spawn(this.#sandbox, "nsenter", [
      ...["--target", String(this.#pid), "--all", `--wdns=${home}`, "env", "-i"],
      ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      ...["setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups", "bash", "-c", script],
    ]);
    // Its processes keep its output open, so they must end before the sandbox waits for it.
    this.#sandbox.defer(() => this.#end());
    return running;
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    try {
      Deno.kill(this.#pid, "SIGKILL");
    } catch {
      // It has already ended.
    }
  }

  async cable(state: "up" | "down"): Promise<void> {
    await execute("nsenter", ...this.#ip, "link", "set", this.#port, state);
  }
}
