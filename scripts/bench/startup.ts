/**
 * The cost of a command as a whole process, from its start to its end: `find` and `open` compared
 * with a program that does nothing, and with other editors' commands.
 */
import { join } from "@std/path";
import { makeSandbox, type Sandbox } from "../../tests/support/mod.ts";
import {
  barsOf,
  compileProgram,
  type ContestantResults,
  interleave,
  type Report,
  runLoad,
  SESSIONCTL,
  startFakeEditor,
  startRegistry,
  type Target,
  timeProcess,
  versionOf,
} from "./lib/mod.ts";
import { CODE_SERVER, installCodeServer } from "./registry/contestants.ts";
import { makeWorld } from "./registry/world.ts";

const ROUNDS = 40;
const WARMUPS = 3;
/** More windows than users have open. */
const WINDOWS = 20;

const HELLO = "hello world, compiled alike";
const FIND = "sessionctl find";
const OPEN = "sessionctl open";
const NODE = "node -e 0";
const NODE_HERE = "node -e 0, with NODE_EXTRA_CA_CERTS";
const CODE = "VS Code's remote CLI";
const CODE_SERVER_CLI = "code-server -r";

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function run(): Promise<Report> {
  await using sandbox = await makeSandbox();
  const hello = await compileProgram("hello", "scripts/bench/startup/hello.ts");
  const { programs, notes } = await setScene(sandbox, hello);
  const measures = Object.entries(programs)
    .map(([name, { command, args, env }]) => {
      const place = { env: { ...sandbox.env, ...env }, cwd: sandbox.directory };
      return [name, () => Promise.resolve(timeProcess(command, args, place))];
    });
  const times: ContestantResults<string> = await interleave(
    Object.fromEntries(measures),
    { rounds: ROUNDS, warmups: WARMUPS },
  );
  return {
    title: "Start-up",
    introduction:
      "The cost of a command as a whole process, from its start to its end. `find` asks a running " +
      "registry; `open` asks it too, and sends the file to an editor's stand-in.",
    versions: {
      sessionctl: await versionOf(SESSIONCTL, "--version"),
      "its base runtime": await baseRuntime(),
      Node: await versionOf("node", "--version"),
    },
    figures: [{
      title: "Whole processes",
      unit: "ms",
      better: "lower",
      bars: barsOf(times),
      targets: targets(times),
    }],
    notes,
  };
}

/** The version of the runtime inside the binary, and whether that takes the code cache. */
async function baseRuntime(): Promise<string> {
  const { stdout } = await new Deno.Command(SESSIONCTL, { args: ["--version", "--json"] }).output();
  const { deno, codeCache } = JSON.parse(new TextDecoder().decode(stdout));
  return `Deno ${deno} ${codeCache ? "with" : "without"} a code cache`;
}

/** Starts a registry with live windows, and returns each contestant's command. */
async function setScene(
  sandbox: Sandbox,
  hello: string,
): Promise<{ programs: Record<string, Program>; notes: string[] }> {
  const world = makeWorld(sandbox, WINDOWS);
  const editor = await startFakeEditor(world.editor);
  sandbox.defer(editor.stop);
  const directory = sandbox.path("registry");
  await Deno.mkdir(directory, { mode: 0o700 });
  const socket = join(directory, "registry.sock");
  const registry = await startRegistry(socket, directory);
  sandbox.defer(registry.stop);
  await runLoad(world.adding(socket, [0, WINDOWS]));
  const file = sandbox.path("w", "000007", "main.ts");
  const programs: Record<string, Program> = {
    [HELLO]: { command: hello, args: [] },
    [FIND]: { command: SESSIONCTL, args: ["find", "--socket", socket, file] },
    [OPEN]: { command: SESSIONCTL, args: ["open", "--socket", socket, file] },
    [NODE]: { command: "node", args: ["-e", "0"] },
  };
  // The target was set on machines with this variable, which is common behind companies' proxies.
  const certificates = Deno.env.get("NODE_EXTRA_CA_CERTS");
  if (certificates) {
    const env = { NODE_EXTRA_CA_CERTS: certificates };
    programs[NODE_HERE] = { command: "node", args: ["-e", "0"], env };
  }
  const how = `${ROUNDS} runs of each, by turns, timed from the spawn to the exit; medians. ` +
    "The registry and the editor's stand-in keep running. Every process gets an environment " +
    "of little more than `PATH` and `HOME`. Without `NODE_EXTRA_CA_CERTS`, Node starts faster than " +
    "any program made by `deno compile`, even an empty one, so the target cannot be met; with the " +
    "variable, as behind a company's proxy, Node takes more than twice as long.";
  try {
    const home = await installCodeServer();
    const rivals = codeServerPrograms(home, { file, socket, editor: world.editor });
    const note = `VS Code's remote CLI is the one in npm's code-server ${CODE_SERVER}, with ` +
      "`VSCODE_IPC_HOOK_CLI` set to the editor; `code-server -r` asks our registry as it would " +
      "ask its own. Both run under the Node named above, not under the one that comes with them.";
    return { programs: { ...programs, ...rivals }, notes: [how, note] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { programs, notes: [how, `Other editors' commands are left out: ${reason}.`] };
  }
}

function codeServerPrograms(
  home: string,
  { file, socket, editor }: { file: string; socket: string; editor: string },
): Record<string, Program> {
  const main = join(home, "node_modules", "code-server");
  const cli = join(main, "lib", "vscode", "out", "server-cli.js");
  return {
    [CODE]: {
      command: "node",
      args: [cli, "code-server", "1.100.3", "unknown", "code-server", file],
      env: { VSCODE_IPC_HOOK_CLI: editor },
    },
    [CODE_SERVER_CLI]: {
      command: "node",
      args: [join(main, "out", "node", "entry.js"), "-r", "--session-socket", socket, file],
    },
  };
}

function targets(times: ContestantResults<string>): Target[] {
  const ratio = (a: string, b: string) => times[a]!.median / times[b]!.median;
  return [FIND, OPEN].flatMap((name): Target[] => [
    {
      what: `${name} against a compiled hello world`,
      sense: "at most",
      bound: 1.15,
      unit: "times",
      value: ratio(name, HELLO),
    },
    ...[NODE, NODE_HERE].filter((node) => node in times).map((node): Target => ({
      what: `how much faster ${name} is than ${node}`,
      sense: "at least",
      bound: 1.5,
      unit: "times",
      value: ratio(node, name),
    })),
  ]);
}
