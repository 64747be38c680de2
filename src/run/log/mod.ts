/** A child's output: to our own stdout and stderr, and to a log file rotated by size and age. */
export { ChildLog } from "./child_log.ts";
export { type RotationLimits } from "./rotating_file.ts";
