/** The packaged extension in a real Node, with a stand-in for the module `vscode`. */
import { join, resolve } from "@std/path";
import { workspaceSocketPath } from "../../../src/ipc/mod.ts";
import { system } from "../../../src/platform/mod.ts";
import { makeSandbox, type Sandbox } from "../../support/mod.ts";
import { unzipped } from "./unzip.ts";

export const PACKAGE = resolve(import.meta.dirname!, "../../../dist/companion.vsix");
const HOST = join(import.meta.dirname!, "extension_host.cjs");

/** Options for starting an extension host. */
export interface HostOptions {
  /** Calls of the stand-in's `control` before the extension is activated. */
  readonly calls?: readonly (readonly unknown[])[];
  /** Changes of `vscode.env`. */
  readonly env?: Readonly<Record<string, unknown>>;
  /** Additional variables of the process. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** An extension host with the extension; the test acts as its page and user. */
export interface ExtensionHost {
  readonly pid: number;
  /** The text that the extension wrote into its output channel. */
  readonly log: readonly string[];
  /** Processor time that loading and activating took, in milliseconds. */
  readonly activationMs: number;
  /** Calls a function of the stand-in's `control`. */
  control(name: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Milliseconds that its event loop had, in steps; on a busy machine fewer than have passed. */
  passedMs(): Promise<number>;
  /** Ends it like an editor. */
  deactivate(): Promise<void>;
  kill(): Promise<void>;
}

/** A sandbox with the extension's files. */
export async function extensionSandbox(): Promise<Sandbox> {
  const sandbox = await makeSandbox();
  const archive = await Deno.readFile(PACKAGE);
  for (const name of ["extension.js", "companion.js"]) {
    await Deno.writeFile(sandbox.path(name), await unzipped(archive, `extension/dist/${name}`));
  }
  return sandbox;
}

/** The path on which the instance of a folder listens, for a process of the sandbox. */
export function instancePath(sandbox: Sandbox, folder: string): Promise<string> {
  return workspaceSocketPath(folder, {}, { ...system, env: (name) => sandbox.env[name] });
}

/** Starts Node, and waits until the extension is active. */
export async function startHost(
  sandbox: Sandbox,
  { calls = [], env = {}, variables = {} }: HostOptions = {},
): Promise<ExtensionHost> {
  const child = new Deno.Command("node", {
    args: [HOST, sandbox.path("extension.js"), JSON.stringify({ calls, env })],
    env: { ...sandbox.env, ...variables },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log: string[] = [];
  const reading = collect(child.stderr, (line) => log.push(line));
  const answers = lines(child.stdout);
  const writer = child.stdin.getWriter();
  let running = true;
  const ended = child.status.then(async () => {
    running = false;
    await reading;
  });
  const kill = async () => {
    if (running) child.kill("SIGKILL");
    await ended;
    await writer.close().catch(() => {});
    for await (const _ of answers);
  };
  sandbox.defer(kill);
  const first = await answers.next();
  if (first.done) {
    await ended;
    throw new Error(`the extension was not activated:\n${log.join("\n")}`);
  }
  const control = async (name: string, ...args: readonly unknown[]) => {
    await writer.write(new TextEncoder().encode(`${JSON.stringify([name, ...args])}\n`));
    const { value, done } = await answers.next();
    if (done) throw new Error(`the extension host ended:\n${log.join("\n")}`);
    const { result, error } = JSON.parse(value);
    if (error !== undefined) throw new Error(`${name}: ${error}`);
    return result;
  };
  return {
    pid: child.pid,
    log,
    activationMs: JSON.parse(first.value).activated,
    control,
    passedMs: async () => Number(await control("passedMs")),
    deactivate: async () => {
      await control("deactivate");
      await kill();
    },
    kill,
  };
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  for await (const line of lines(stream)) onLine(line);
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as never)) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
