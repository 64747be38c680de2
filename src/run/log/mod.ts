/** A child's output: to our own, and to a log file that is rotated by size and age. */
export { ChildLog, type ChildLogOptions } from "./child_log.ts";
export type { ByteSink } from "./own_output.ts";
export { RotatingFile, type RotationLimits } from "./rotating_file.ts";
