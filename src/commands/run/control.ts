import { ExitCode, formatAge, type Output } from "../../cli/mod.ts";
import { tableLines } from "../../cli/table/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import {
  checkRunName,
  findRun,
  findUnresponsive,
  type FoundRun,
  listRuns,
  patienceOf,
  type RunStatus,
  type UnresponsiveRun,
} from "../../run/mod.ts";

const COLUMNS = ["NAME", "STATE", "PID", "UP", "RESTARTS", "LOG", "COMMAND"] as const;

/** `run --list`: lists the runs. */
export async function listRunsTo(output: Output): Promise<number> {
  const runs = await listRuns();
  if (output.json) {
    output.value(runs);
  } else if (runs.length === 0) {
    output.note("no runs");
  } else {
    for (const line of await table(runs)) output.line(line);
    for (const run of runs.filter(isUnresponsive)) {
      output.note(`${run.name} does not answer; its supervisor is process ${run.pid}`);
    }
  }
  return ExitCode.Done;
}

function isUnresponsive(run: RunStatus | UnresponsiveRun): run is UnresponsiveRun {
  return run.state === "unresponsive";
}

async function table(runs: readonly (RunStatus | UnresponsiveRun)[]): Promise<string[]> {
  const rows = [
    COLUMNS,
    ...runs.map((run) => {
      if (isUnresponsive(run)) return [run.name, run.state, "-", "-", "-", "-", "-"];
      return [
        printablePath(run.name),
        printablePath(run.state),
        String(run.childPid ?? "-"),
        run.upMs === null ? "-" : formatAge(run.upMs),
        String(run.restarts),
        run.logFile === null ? "-" : printablePath(run.logFile),
        printablePath(run.command.join(" ")),
      ];
    }),
  ];
  return await tableLines(rows);
}

/** `run --stop NAME`: stops a run. */
export async function stopRun(name: string, output: Output): Promise<number> {
  using run = await runNamed(name);
  await run.service.stop();
  await inTime(run.ended, run, `${name} did not end`);
  if (output.json) output.value({ stopped: name });
  else output.note(`${name} has ended`);
  return ExitCode.Done;
}

/** `run --relaunch NAME`: restarts a run's command. */
export async function relaunchRun(name: string, output: Output): Promise<number> {
  using run = await runNamed(name);
  const { childPid, state } = await relaunched(run, name);
  if (childPid === null || state !== "running") {
    throw doesNotRun(run, `${name} is not running: it is ${state}`);
  }
  if (output.json) output.value({ relaunched: name, pid: childPid });
  else output.note(`${name} was started again (pid ${childPid})`);
  return ExitCode.Done;
}

/** The status of a run after its command was restarted. */
async function relaunched(run: FoundRun, name: string): Promise<RunStatus> {
  try {
    await inTime(run.service.relaunch(), run, `${name} did not start again`);
    return await run.service.status();
  } catch (error) {
    if (!(error instanceof SessionctlError) || error.code !== "CONNECTION_CLOSED") throw error;
    // The command has ended for good, or the run was stopped.
    throw doesNotRun(run, `${name} is not running: it has ended`);
  }
}

function doesNotRun({ status: { logFile } }: FoundRun, message: string): SessionctlError {
  return new SessionctlError("START_FAILED", message, {
    hint: logFile === null
      ? "the output of that run has the reason"
      : `its log has the reason: ${printablePath(logFile)}`,
  });
}

async function runNamed(name: string): Promise<FoundRun> {
  const run = await findRun(checkRunName(name));
  if (run) return run;
  const silent = findUnresponsive(name);
  if (silent) {
    throw new SessionctlError("TIMED_OUT", `${name} (pid ${silent.pid}) does not answer`, {
      hint: `kill -9 ${silent.pid} ends it and its command`,
    });
  }
  throw new SessionctlError("NOT_FOUND", `no run named ${name} answers`, {
    hint: "see what runs with: sessionctl run --list",
  });
}

async function inTime(done: Promise<unknown>, run: FoundRun, what: string): Promise<void> {
  const ms = patienceOf(run.status);
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new SessionctlError("TIMED_OUT", `${what} within ${Math.round(ms / 1000)} s`));
  }, ms);
  await Promise.race([done, promise]).finally(() => clearTimeout(timer));
}
