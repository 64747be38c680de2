/** The parts of every bench: sampling, load, processes, and the report with its chart. */
export { compileProgram } from "./compile_program.ts";
export { appendHistory, commitOf, type HistoryEntry, lastSeconds, ratiosOf } from "./history.ts";
export { type ContestantResults, interleave, type Measure } from "./interleave.ts";
export { type LoadOptions, type LoadResult, runLoad } from "./load.ts";
export { paragraphs, table } from "./markdown.ts";
export { installFromNpm, type NpmSet } from "./npm.ts";
export { machineFacts } from "./machine.ts";
export { type Memory, type RunningServer, type ServerOptions, startServer } from "./process.ts";
export {
  connectOnce,
  scriptArguments,
  SESSIONCTL,
  startFakeEditor,
  startRegistry,
  timeProcess,
  versionOf,
} from "./programs.ts";
export {
  type Bar,
  barsOf,
  type Figure,
  formatQuantity,
  type Report,
  type Target,
  verdict,
} from "./report.ts";
export { Samples } from "./samples.ts";
export { type StandIn, startStandIn } from "./stand_in.ts";
export { writeReport } from "./write_report.ts";
