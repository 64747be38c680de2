import { join } from "@std/path";
import type { DocCommand } from "./commands.ts";
import type { World } from "./world.ts";

/** The time limit of a document in milliseconds, far above what any of them takes. */
const DOCUMENT_MS = 120_000;

/** The outcome of a command; without an exit code, the shell never reached it. */
export interface Outcome {
  readonly exit?: number;
  readonly printed: string;
}

/**
 * Runs commands in order in one bash. Each block starts in the project's folder; variables,
 * functions and aliases persist.
 */
export async function runInShell(
  world: World,
  blocks: readonly (readonly DocCommand[])[],
): Promise<Map<DocCommand, Outcome>> {
  const directory = world.sandbox.path("steps");
  await Deno.mkdir(directory);
  const lines = [PRELUDE];
  let number = 0;
  const files = new Map<DocCommand, string>();
  for (const block of blocks) {
    lines.push(`cd '${world.project}'`);
    for (const command of block) {
      const file = join(directory, String(number++));
      files.set(command, file);
      await Deno.writeTextFile(file, world.actual(command.text));
      lines.push(command.lasting ? startLine(file, command.text) : runLine(file, command));
    }
    lines.push("__end_block");
  }
  await runScript(world, lines.join("\n"));
  const outcomes = new Map<DocCommand, Outcome>();
  for (const [command, file] of files) {
    const read = (kind: string) => Deno.readTextFile(`${file}.${kind}`).catch(() => "");
    const exit = await read("exit");
    outcomes.set(command, {
      printed: world.shown(await read("out") + await read("talk")),
      exit: exit === "" ? undefined : Number(exit),
    });
  }
  return outcomes;
}

const PRELUDE = `shopt -s expand_aliases
__running=() # What ends with its block.
__stop() { # PID: ends it, and waits until it has.
  kill -TERM -- "-$1" 2>/dev/null || kill -TERM "$1" 2>/dev/null
  for ((__i = 0; __i < 400; __i++)); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.05; done
}
__started() { # FILE PID: waits until it has printed something, or has ended.
  __waited=0
  while [ ! -s "$1.out" ] && kill -0 "$2" 2>/dev/null; do
    # What only talks may be about to fail, or may have no more to say.
    if [ -s "$1.talk" ]; then __waited=$((__waited + 20)); else __waited=$((__waited + 1)); fi
    [ "$__waited" -lt 400 ] || return
    sleep 0.05
  done
}
__end() { # FILE PID: what still runs was meant to; what has ended by itself tells how.
  if kill -0 "$2" 2>/dev/null; then __stop "$2"; fi
  wait "$2"
  __exit=$?
  if [ "$__exit" = 143 ]; then __exit=0; fi
  echo "$__exit" >"$1.exit"
}
__end_block() {
  for __entry in "\${__running[@]}"; do __end "\${__entry%:*}" "\${__entry##*:}"; done
  __running=()
}
__end_registry() {
  if [ -n "$__registry_file" ]; then __end "$__registry_file" "$__registry"; else __stop "$__registry"; fi
}
trap '__end_block; __end_registry; kill $(jobs -p)' EXIT`;

/** A shell other than bash runs its block as a script, if it is installed. */
function runLine(file: string, { interpreter }: DocCommand): string {
  const command = interpreter
    ? `! command -v ${interpreter[0]} || ${interpreter.join(" ")} '${file}'`
    : `eval "$(<'${file}')"`;
  return `{ ${command}; } >'${file}.out' 2>&1; echo "$?" >'${file}.exit'`;
}

/**
 * Starts a long-running command in its own process group. It ends with its block, except for the
 * registry, which runs until the document starts another one.
 */
function startLine(file: string, text: string): string {
  const registry = /sessionctl +serve\b/.test(text) && !/--socket\b/.test(text);
  return [
    registry ? "__end_registry" : "",
    "set -m",
    // The shell outlives the signal that ends its command, and reports how the command ended.
    `( trap : TERM; eval "$(<'${file}')" ) >'${file}.out' 2>'${file}.talk' &`,
    "set +m",
    registry ? `__registry=$! __registry_file='${file}'` : `__running+=("${file}:$!")`,
    `__started '${file}' "$!"`,
  ].filter((line) => line !== "").join("\n");
}

async function runScript(world: World, script: string): Promise<void> {
  const path = world.sandbox.path("steps", "script");
  await Deno.writeTextFile(path, script);
  world.sandbox.defer(() => endProcesses(world));
  const child = new Deno.Command("bash", {
    args: ["--norc", "--noprofile", path],
    cwd: world.project,
    env: { ...world.env, __registry: String(world.registryPid) },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), DOCUMENT_MS);
  await child.status;
  clearTimeout(timer);
}

/** Ends the processes that a document left behind: all whose environment has the sandbox's home. */
async function endProcesses(world: World): Promise<void> {
  if (Deno.build.os !== "linux") return;
  const mark = `HOME=${world.env.HOME}\0`;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^[0-9]+$/.test(name) || Number(name) === Deno.pid) continue;
    const environment = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
    if (!environment.includes(mark)) continue;
    try {
      Deno.kill(Number(name), "SIGKILL");
    } catch { /* it has ended */ }
  }
}
