/**
 * The cost of finding unregistered editors among many processes, compared with `cat` reading the
 * same files.
 */
import { makeSandbox, type Sandbox } from "../../tests/support/mod.ts";
import {
  type Bar,
  compileProgram,
  type ContestantResults,
  interleave,
  type Report,
  SESSIONCTL,
  startFakeEditor,
  startStandIn,
  timeProcess,
  versionOf,
} from "./lib/mod.ts";

const PROCESSES = 2000;
const ROUNDS = 25;
const WARMUPS = 3;
/** Of every ten processes, the number that belong to editor windows; the number of windows. */
const OF_WINDOWS = 3;
const WINDOWS = 20;
/** Filler for an environment of about 4 KiB, as in integrated terminals. */
const FILLING = "x".repeat(3400);

const CAT = "cat /proc/PID/environ";
const SCAN = "sessionctl: looking for editors";
const LIST = "sessionctl list --all, the whole process";
const FIRST = "sessionctl path, the whole process";

export async function run(): Promise<Report> {
  if (Deno.build.os !== "linux") throw new Error("only Linux shows the environment of processes");
  await using sandbox = await makeSandbox();
  const scan = await compileProgram("discovery-scan", "scripts/bench/discovery/scan.ts");
  const files = await startCrowd(sandbox);
  const command = (name: string, ...args: string[]) => () =>
    Promise.resolve(timeProcess(name, args, { env: sandbox.env, cwd: sandbox.directory }));
  const times: ContestantResults<string> = await interleave({
    [CAT]: command("cat", ...files),
    [SCAN]: () => Promise.resolve(Number(output(sandbox, scan, []))),
    [LIST]: command(SESSIONCTL, "list", "--all"),
    [FIRST]: command(SESSIONCTL, "path", "/"),
  }, { rounds: ROUNDS, warmups: WARMUPS });
  return {
    title: "Discovery",
    introduction:
      `The search for unregistered editor sockets among ${PROCESSES} processes: it reads ` +
      "the directories of the socket files, the environment of every process, and the working " +
      "folder of each process that belongs to a window.",
    versions: { sessionctl: await versionOf(SESSIONCTL, "--version") },
    figures: [{
      title: `${PROCESSES} processes`,
      unit: "ms",
      better: "lower",
      bars: [SCAN, CAT, LIST, FIRST].map((label): Bar => ({
        label,
        value: times[label]!.median,
        ours: label.startsWith("sessionctl"),
        columns: {
          min: times[label]!.min.toFixed(1),
          p95: times[label]!.quantile(0.95).toFixed(1),
        },
      })),
      targets: [{
        what: "looking for editors against cat",
        sense: "at most",
        bound: 1,
        unit: "times",
        value: times[SCAN]!.median / times[CAT]!.median,
      }],
    }],
    notes: [
      `${PROCESSES} real processes (\`sleep\`) with an environment of 4 KiB each; ${OF_WINDOWS} in ` +
      `10 have the editor socket of one of ${WINDOWS} windows. ${ROUNDS} runs of each, by turns; ` +
      "medians. `cat` is timed as a whole process, which reads every environment once and writes it " +
      "to `/dev/null`. It does not have to find the processes (its arguments name them), to look " +
      "for a variable, or to read working folders.",
      "The search is timed inside a fresh compiled process each time, so nothing is warm. " +
      "`list --all` is timed as a whole process, including its start, and also probes the one live " +
      "editor. `path` shows the part of that time that every command takes.",
    ],
  };
}

/** Starts the processes, and returns the files that contain their environments. */
async function startCrowd(sandbox: Sandbox): Promise<string[]> {
  const editor = await startFakeEditor(sandbox.path("run", "vscode-ipc-0.sock"));
  sandbox.defer(editor.stop);
  const script = `
    trap 'kill $(jobs -p); exit' TERM
    i=0
    while [ $i -lt ${PROCESSES} ]; do
      if [ $((i % 10)) -lt ${OF_WINDOWS} ]; then
        export VSCODE_IPC_HOOK_CLI=$0/vscode-ipc-$((i % ${WINDOWS})).sock
      else
        unset VSCODE_IPC_HOOK_CLI
      fi
      sleep 600 &
      i=$((i + 1))
    done
    jobs -p
    echo ready
    wait`;
  const crowd = await startStandIn("bash", ["-c", script, sandbox.path("run")], {
    cwd: sandbox.directory,
    env: {
      ...sandbox.env,
      FILLING,
      PATH: `/srv/.vscode-server/bin/x/bin/remote-cli:${sandbox.env.PATH}`,
    },
  });
  sandbox.defer(crowd.stop);
  return crowd.lines.map((pid) => `/proc/${pid}/environ`);
}

function output(sandbox: Sandbox, command: string, args: readonly string[]): string {
  const result = new Deno.Command(command, {
    args: [...args],
    cwd: sandbox.directory,
    env: sandbox.env,
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).outputSync();
  const decoder = new TextDecoder();
  if (!result.success) throw new Error(`${command} failed: ${decoder.decode(result.stderr)}`);
  return decoder.decode(result.stdout);
}
