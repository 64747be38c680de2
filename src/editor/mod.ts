/** VS Code's command-line pipe: what an editor socket is told, and what it answers. */
export {
  DEFAULT_PROBE_TIMEOUT_MS,
  type EditorLiveness,
  probeEditor,
  type ProbeOptions,
} from "./probe.ts";
