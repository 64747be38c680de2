export { compiled, type Program, run, type RunResult, source, testProgram } from "./program.ts";
export { makeSandbox, type Sandbox } from "./sandbox.ts";
