/** Commands that run under a name, and how they are found and ruled. */
export { type Run, type RunOptions, startRun } from "./run.ts";
export {
  checkRunName,
  defaultRunName,
  findRun,
  type FoundRun,
  listRuns,
  patienceOf,
  type RunService,
  type RunStatus,
} from "./run_control.ts";
