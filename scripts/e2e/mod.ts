export { type CodeServer, OUTPUT, type ScenarioRecord, type Tools, TOOLS_FILE } from "./places.ts";
export { RELEASES } from "./packages.ts";
export { type Installed, installTools } from "./install.ts";
export { type Outcome, writeReport } from "./report.ts";
