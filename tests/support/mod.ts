/**
 * What most tests use. It loads little, because each test file loads it anew. Files that load much of
 * `src` are imported by their names: desktop_editor.ts, companion_window.ts, vscode_ipc.ts,
 * raw_http.ts, shared_process.ts.
 */
export { inContainer, withContainers } from "./container.ts";
export { socketsIn } from "./descriptors.ts";
export { descriptorOf, endListener } from "./end_listener.ts";
export { exists } from "./exists.ts";
export {
  alone,
  compiled,
  limited,
  type Program,
  run,
  type RunOptions,
  type RunResult,
  source,
  testProgram,
} from "./program.ts";
export {
  type EditorBehaviour,
  type EditorMessage,
  type FakeEditor,
  startEditor,
} from "./fake_editor.ts";
export { type FakeRegistry, type FakeSession, startRegistry } from "./fake_registry.ts";
export { freePort } from "./free_port.ts";
export { type Host, type HostCommand, makeHosts, withHosts } from "./hosts/mod.ts";
export { mostAtOnce } from "./hung.ts";
export { listenFull } from "./full_socket.ts";
export { type Running, spawn } from "./running.ts";
export { seeded } from "./seeded.ts";
export {
  type Attack,
  sharedFolder,
  startStranger,
  STRANGER,
  type Stranger,
  untilTaken,
  withStranger,
} from "./stranger.ts";
export { fuzzSeed, tally } from "./tally.ts";
export { until } from "./until.ts";
export { makeSandbox, type Sandbox } from "./sandbox.ts";
export { wakeUps } from "./wake_ups.ts";
export { writeExecutables } from "./write_executables.ts";
export { startWindowProcess } from "./window_process.ts";
