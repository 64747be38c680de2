export { compiled, type Program, run, type RunResult, source, testProgram } from "./program.ts";
export { makeSandbox, type Sandbox } from "./sandbox.ts";
export {
  loadVscode,
  type Vscode,
  type VscodeServerChannel,
  type VscodeToken,
} from "./vscode_ipc.ts";
