import { freePort, type Sandbox, until } from "../../support/mod.ts";

/** A running etcd. */
export interface Etcd extends AsyncDisposable {
  readonly url: string;
  /** Pauses it: it accepts connections and never answers, until {@link resume}. */
  pause(): void;
  resume(): void;
  /** Kills it like `kill -9`. Its data remain for {@link restart}. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** The certificates of an etcd with TLS, as paths of PEM files. */
export interface EtcdTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** A client's certificate, which the etcd then requires. */
  readonly client?: { readonly cert: string; readonly key: string };
}

export interface EtcdOptions {
  /** The number of nodes; 1 by default. */
  readonly count?: number;
  readonly tls?: EtcdTls;
  /** Additional arguments of each node. */
  readonly args?: readonly string[];
  /** The address that the nodes listen on; the loopback by default. */
  readonly address?: string;
}

/** Whether a program of etcd is installed; without etcd, the fleet's tests are skipped. */
const has = (command: string, version: string) =>
  new Deno.Command(command, { args: [version], stdout: "null", stderr: "null" }).output()
    .then(({ success }) => success, () => false);

export const hasEtcd = await has("etcd", "--version");
if (!hasEtcd) console.error("tests of the fleet are skipped: etcd is not installed");
export const hasEtcdctl = hasEtcd && await has("etcdctl", "version");

/** The number of operations that the tests' etcd takes in one transaction; etcd's default is 128. */
export const MOST_OPERATIONS = 2000;

/** Settings of Go that save processor time; the data of a test are small. */
const GO = { GOGC: "400" };

/** Starts a cluster on free ports, with its data in the sandbox. */
export async function startEtcd(sandbox: Sandbox, options: EtcdOptions = {}): Promise<Etcd[]> {
  const { count = 1, tls, address = "127.0.0.1" } = options;
  const scheme = tls === undefined ? "http" : "https";
  const nodes = Array.from({ length: count }, (_, at) => ({
    name: `node${at}`,
    client: `${scheme}://${address}:${freePort()}`,
    peer: `http://127.0.0.1:${freePort()}`,
  }));
  const cluster = nodes.map(({ name, peer }) => `${name}=${peer}`).join(",");
  const started = nodes.map(({ name, client, peer }) => {
    const args = [
      ...["--name", name, "--data-dir", sandbox.path(`etcd-${name}`)],
      ...["--listen-client-urls", client, "--advertise-client-urls", client],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
      ...["--initial-cluster", cluster],
      // A node without others elects itself; it waits for this time first, at each start.
      ...["--heartbeat-interval", "100", "--election-timeout", count === 1 ? "500" : "1000"],
      ...["--max-txn-ops", String(MOST_OPERATIONS), "--log-level", "error", "--logger", "zap"],
      ...tls === undefined ? [] : ["--cert-file", tls.cert, "--key-file", tls.key],
      ...tls?.client === undefined ? [] : ["--trusted-ca-file", tls.ca, "--client-cert-auth"],
      ...options.args ?? [],
    ];
    return start(client, args, tls);
  });
  await Promise.all(started.map(({ isReady }) => isReady()));
  return started;
}

function start(url: string, args: readonly string[], tls: EtcdTls | undefined) {
  const spawn = () =>
    new Deno.Command("etcd", {
      args: [...args],
      env: GO,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  let child = spawn();
  const isReady = () => ready(url, tls);
  const kill = async () => {
    child.kill("SIGCONT");
    child.kill("SIGKILL");
    await child.status;
  };
  return {
    url,
    isReady,
    pid: () => child.pid,
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
    kill,
    async restart() {
      child = spawn();
      await isReady();
    },
    async [Symbol.asyncDispose]() {
      await kill().catch(() => {}); // It has already ended.
    },
  };
}

async function ready(url: string, tls: EtcdTls | undefined): Promise<void> {
  const { ca, client: own } = tls ?? {};
  const read = (path: string) => Deno.readTextFileSync(path);
  using client = Deno.createHttpClient({
    ...ca && { caCerts: [read(ca)] },
    ...own && { cert: read(own.cert), key: read(own.key) },
  });
  await until(`etcd answers at ${url}`, async () => {
    const response = await fetch(`${url}/health`, { client }).catch(() => undefined);
    return await response?.text().then((text) => text.includes('"true"')) ?? false;
  }, 30_000);
}

/** Runs etcdctl, which must succeed. */
export async function etcdctl(url: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("etcdctl", {
    args: [`--endpoints=${url}`, ...args],
    env: { ETCDCTL_API: "3" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return text(stdout);
  throw new Error(`etcdctl ${args.join(" ")}: ${text(stderr)}`);
}
