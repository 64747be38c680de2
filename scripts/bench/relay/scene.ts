import { join } from "@std/path";
import type { Sandbox } from "../../../tests/support/mod.ts";
import { makeCertificate, writePair } from "../../../tests/relay/support.ts";
import { compileProgram, connectOnce, type RunningServer, startServer } from "../lib/mod.ts";
import type { Contestant, Scene } from "./contestants.ts";
import type { Work } from "./workload.ts";

const here = import.meta.dirname!;

/** A running contestant. */
export interface Running extends Contestant {
  readonly server: RunningServer;
  readonly where: Pick<Work, "port" | "path">;
}

/** A port that was free when it was checked. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Makes the certificate, and starts the target of all contestants. */
export async function setUp(sandbox: Sandbox): Promise<Scene> {
  const files = await writePair(sandbox, await makeCertificate());
  const anchor = await Deno.readTextFile(files.cert);
  const both = sandbox.path("both.pem");
  await Deno.writeTextFile(both, anchor + await Deno.readTextFile(files.key));
  const minimal = await compileProgram("minimal-relay", "scripts/bench/relay/minimal_relay.ts");
  const backend = sandbox.path("run", "backend.sock");
  const farPort = freePort();
  const target = await startServer({
    command: Deno.execPath(),
    args: [
      ...["run", "-A", "--no-check", "--unstable-net", join(here, "backend.ts")],
      ...[backend, String(farPort), files.cert, files.key],
    ],
    env: runtimeEnvironment(),
    ready: () => connectOnce(backend),
  });
  sandbox.defer(target.stop);
  return { sandbox, ...files, anchor, both, minimal, backend, farPort };
}

/** The environment variables with which a Deno process finds its cache. */
function runtimeEnvironment(): Record<string, string> {
  return Object.fromEntries(["HOME", "DENO_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/** Starts the contestants, and waits until each accepts connections. */
export async function startAll(
  { sandbox }: Scene,
  found: readonly (Contestant & { port?: number; path?: string })[],
): Promise<Running[]> {
  const running: Running[] = [];
  for (const one of found) {
    const { port, path, command, args } = one;
    const ready = async () =>
      port === undefined
        ? await connectOnce(path!)
        : (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    const server = await startServer({ command, args, env: sandbox.env, ready });
    sandbox.defer(server.stop);
    running.push({ ...one, server, where: { port, path } });
  }
  return running;
}

export async function stopAll(running: readonly Running[]): Promise<void> {
  for (const { server } of running) await server.stop();
}

/** The command that runs the load, with its own root only: each connection copies the roots. */
export function loadCommand(work: Work, options: Deno.CommandOptions = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(here, "load.ts"), JSON.stringify(work)],
    env: { DENO_TLS_CA_STORE: "" },
    stdin: "null",
    ...options,
  });
}

/** Runs the load once; returns its values. */
export async function load(work: Work): Promise<number[]> {
  const { code, stdout, stderr } = await loadCommand(work).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(`${work.kind}: ${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout));
}
