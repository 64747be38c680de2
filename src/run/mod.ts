/** Commands that run under a name, and how they are found and ruled. */
export { type Run, type RunOptions, startRun } from "./run.ts";
export {
  checkRunName,
  defaultRunName,
  findRun,
  findUnresponsive,
  type FoundRun,
  listRuns,
  patienceOf,
  type RunStatus,
  type UnresponsiveRun,
} from "./run_control.ts";
