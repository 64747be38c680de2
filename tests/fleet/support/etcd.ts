import { freePort, type Sandbox, until } from "../../support/mod.ts";

/** A running etcd. */
export interface Etcd extends AsyncDisposable {
  readonly url: string;
  /** Stops it so that it accepts connections and never answers; `resume` goes on. */
  pause(): void;
  resume(): void;
  /** Ends it as `kill -9` does. Its data stay for {@link restart}. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Whether etcd is installed; without it, the tests of the fleet are skipped. */
export const hasEtcd = await new Deno.Command("etcd", { args: ["--version"], stdout: "null" })
  .output().then(() => true, () => false);

/** Starts a cluster of `count` nodes on free ports, with its data in the sandbox. */
export async function startEtcd(sandbox: Sandbox, count = 1): Promise<Etcd[]> {
  const nodes = Array.from({ length: count }, (_, at) => ({
    name: `node${at}`,
    client: `http://127.0.0.1:${freePort()}`,
    peer: `http://127.0.0.1:${freePort()}`,
  }));
  const cluster = nodes.map(({ name, peer }) => `${name}=${peer}`).join(",");
  const started = nodes.map(({ name, client, peer }) => {
    const args = [
      ...["--name", name, "--data-dir", sandbox.path(`etcd-${name}`)],
      ...["--listen-client-urls", client, "--advertise-client-urls", client],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
      ...[
        "--initial-cluster",
        cluster,
        "--heartbeat-interval",
        "100",
        "--election-timeout",
        "1000",
      ],
    ];
    return start(client, args);
  });
  await Promise.all(started.map(({ url }) => ready(url)));
  return started;
}

function start(url: string, args: readonly string[]): Etcd {
  const spawn = () =>
    new Deno.Command("etcd", { args: [...args], stdin: "null", stdout: "null", stderr: "null" })
      .spawn();
  let child = spawn();
  const kill = async () => {
    child.kill("SIGCONT");
    child.kill("SIGKILL");
    await child.status;
  };
  return {
    url,
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
    kill,
    async restart() {
      child = spawn();
      await ready(url);
    },
    async [Symbol.asyncDispose]() {
      await kill().catch(() => {}); // It has ended already.
    },
  };
}

async function ready(url: string): Promise<void> {
  await until(`etcd answers at ${url}`, async () => {
    const response = await fetch(`${url}/health`).catch(() => undefined);
    return await response?.text().then((text) => text.includes('"true"')) ?? false;
  });
}
