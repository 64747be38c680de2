/** Named runs of commands, and how they are found and controlled. */
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
