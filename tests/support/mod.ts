export { compiled, type Program, run, type RunResult, source, testProgram } from "./program.ts";
export {
  type EditorBehaviour,
  type EditorMessage,
  type FakeEditor,
  startEditor,
} from "./fake_editor.ts";
export { makeSandbox, type Sandbox } from "./sandbox.ts";
