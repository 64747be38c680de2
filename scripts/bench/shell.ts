/**
 * The time that the hook adds to the start of a shell: whole starts compared with an empty dotfile,
 * and the hook alone, sourced repeatedly.
 */
import { makeSandbox, type Sandbox } from "../../tests/support/mod.ts";
import { type Shell, SHELLS } from "../../tests/shell/support.ts";
import { hookText } from "../../src/shell/mod.ts";
import {
  type Bar,
  interleave,
  type Report,
  SESSIONCTL,
  startRegistry,
  type Target,
  versionOf,
} from "./lib/mod.ts";

const ROUNDS = 60;
const WARMUPS = 3;
/** Number of times that the hook is sourced in one shell. */
const TIMES = 200;
const LOOP_ROUNDS = 5;
const MOST_MS = 2;
/** A pause, because a registration that is still in progress would disturb the next start. */
const PAUSE_MS = 60;

const NOTHING = "an empty dotfile";
const PLAIN = "the hook, plain terminal";
const MULTIPLEXED = "the hook, tmux";
const TERMINAL = "the hook, registering a window";
const EVAL = "eval of sessionctl init";

interface Start {
  readonly dotfile: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function run(): Promise<Report> {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("registry.sock");
  const registry = await startRegistry(socket, sandbox.directory);
  sandbox.defer(registry.stop);
  const versions: Record<string, string> = {
    sessionctl: await versionOf(SESSIONCTL, "--version"),
  };
  const figures: Report["figures"][number][] = [];
  const missing: string[] = [];
  for (const shell of SHELLS) {
    const version = await versionOf(shell, "--version").catch(() => undefined);
    if (version === undefined) {
      missing.push(shell);
      continue;
    }
    versions[shell] = version;
    figures.push(await wholeStarts(sandbox, shell, socket), await sourcing(sandbox, shell));
  }
  return {
    title: "Shell start-up",
    introduction: "What the hook of `sessionctl init` adds to the start of an interactive shell.",
    versions,
    figures,
    notes: [
      `Whole starts: ${ROUNDS} of each, by turns, timed from the spawn of \`SHELL -i -c exit\` to its ` +
      "end, with only the hook in its dotfile; medians. A registry runs, and the window is really " +
      "registered in the background. On a busy machine, the starts vary by more than the hook adds.",
      `The hook alone: the time of sourcing it ${TIMES} times in one shell, minus that of sourcing ` +
      `an empty file; medians of ${LOOP_ROUNDS} such measurements, to which the targets refer. To register a window, ` +
      "the hook starts a program in the background. Here that program does nothing, because hundreds " +
      "of simultaneous registrations would dominate the measurement.",
      ...missing.length > 0 ? [`Not installed, and left out: ${missing.join(", ")}.`] : [],
    ],
  };
}

const integrated = (socket: string) => ({
  TERM_PROGRAM: "vscode",
  VSCODE_IPC_HOOK_CLI: `${socket}.editor`,
  SESSIONCTL_SOCKET: socket,
});

async function wholeStarts(sandbox: Sandbox, shell: Shell, socket: string) {
  const hook = hookText(shell, {
    program: SESSIONCTL,
    start: false,
    code: true,
    editor: "sessionctl open --wait",
    browser: "sessionctl browse %s",
  });
  const evaluated = shell === "fish"
    ? `'${SESSIONCTL}' init fish --code --editor --browser | source\n`
    : `eval "$('${SESSIONCTL}' init ${shell} --code --editor --browser)"\n`;
  const starts: Record<string, Start> = {
    [NOTHING]: { dotfile: "", env: {} },
    [PLAIN]: { dotfile: hook, env: {} },
    [MULTIPLEXED]: { dotfile: hook, env: { ...integrated(socket), TMUX: "/tmp/tmux,1,0" } },
    [TERMINAL]: { dotfile: hook, env: integrated(socket) },
    [EVAL]: { dotfile: evaluated, env: {} },
  };
  const measures = Object.entries(starts).map(([name, { dotfile, env }], index) => {
    const directory = sandbox.path(`${shell}-${index}`);
    Deno.mkdirSync(directory);
    Deno.writeTextFileSync(`${directory}/.zshrc`, dotfile);
    return [name, async () => {
      const time = startOnce(sandbox, shell, directory, env);
      if (name === TERMINAL) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      return time;
    }];
  });
  const times = await interleave<string>(Object.fromEntries(measures), {
    rounds: ROUNDS,
    warmups: WARMUPS,
  });
  const bars = Object.entries(times).map(([label, samples]): Bar => ({
    label,
    value: samples.median,
    ours: label === TERMINAL,
    columns: {
      adds: (samples.median - times[NOTHING]!.median).toFixed(2),
      min: samples.min.toFixed(1),
      p95: samples.quantile(0.95).toFixed(1),
    },
  }));
  return { title: `Whole starts of ${shell}`, unit: "ms", better: "lower" as const, bars };
}

function startOnce(
  sandbox: Sandbox,
  shell: Shell,
  directory: string,
  env: Readonly<Record<string, string>>,
): number {
  const rc = `${directory}/.zshrc`;
  const args = {
    bash: ["--noprofile", "--rcfile", rc, "-i"],
    zsh: ["--no-global-rcs", "-i"],
    fish: ["--no-config", "--init-command", `source ${rc}`, "-i"],
  }[shell];
  return timeShell(sandbox, shell, [...args, "-c", "exit"], { ZDOTDIR: directory, ...env });
}

async function sourcing(sandbox: Sandbox, shell: Shell) {
  const hook = sandbox.path(`hook.${shell}`);
  const empty = sandbox.path(`empty.${shell}`);
  const options = {
    ...{ program: "/bin/true", start: false, code: false },
    ...{ editor: undefined, browser: undefined },
  };
  await Deno.writeTextFile(hook, hookText(shell, options));
  await Deno.writeTextFile(empty, "");
  const loop = (file: string) =>
    shell === "fish"
      ? `for i in (seq ${TIMES}); set -e SESSIONCTL_TERMINAL; source ${file}; end; true`
      : `for ((i = 0; i < ${TIMES}; i++)); do unset SESSIONCTL_TERMINAL; . ${file}; done; true`;
  const bare = { bash: ["--norc"], zsh: ["-f"], fish: ["--no-config"] }[shell];
  const measure = (file: string, env: Record<string, string>) => () =>
    Promise.resolve(timeShell(sandbox, shell, [...bare, "-c", loop(file)], env) / TIMES);
  const times = await interleave<string>({
    [NOTHING]: measure(empty, {}),
    [PLAIN]: measure(hook, {}),
    [TERMINAL]: measure(hook, integrated(sandbox.path("none"))),
  }, { rounds: LOOP_ROUNDS });
  const floor = times[NOTHING]!.median;
  const bars = [PLAIN, TERMINAL].map((label): Bar => ({
    label,
    value: times[label]!.median - floor,
    ours: label === TERMINAL,
  }));
  const targets = bars.map(({ label, value }): Target => ({
    what: `${label}, sourced in ${shell}`,
    sense: "at most",
    bound: MOST_MS,
    unit: "ms",
    value,
  }));
  return {
    title: `The hook alone in ${shell}`,
    unit: "ms",
    better: "lower" as const,
    bars,
    targets,
  };
}

/** Runs a shell and returns its time in milliseconds. */
function timeShell(
  sandbox: Sandbox,
  shell: Shell,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): number {
  const process = new Deno.Command(shell, {
    args: [...args],
    cwd: sandbox.directory,
    env: { ...sandbox.env, TERM: "xterm-256color", ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    // Without a terminal, bash prints a warning to stderr. With a pipe, the measurement would wait
    // for processes that inherit it.
    stderr: "null",
  });
  const started = performance.now();
  const { success } = process.outputSync();
  const time = performance.now() - started;
  if (!success) throw new Error(`${shell} ${args.join(" ")} failed`);
  return time;
}
