/** A child's output: to our own, and to a log file that is rotated by size and age. */
export { ChildLog } from "./child_log.ts";
export { RotatingFile, type RotationLimits } from "./rotating_file.ts";
