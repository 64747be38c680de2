/**
 * One call of `open`, stage by stage: parse.ts, plan.ts, send.ts, wait.ts. The items of item.ts
 * pass through all of them.
 */
export { withoutLine } from "./editor_message.ts";
export type { OpenItem, OpenModes, Position, StreamItem } from "./item.ts";
export { itemOfStream } from "./item.ts";
export { namesHost, readOperand } from "./operand.ts";
export { isStream, parseItems } from "./parse.ts";
export { type Part, type Plan, planItems } from "./plan.ts";
export { PrivateFiles } from "./private_files.ts";
export type { Closed, RequestOptions } from "./request.ts";
export { type Outcome, requestsTo, sendPlan } from "./send.ts";
export { copyStream, type StreamFile, streamFileName } from "./stream_file.ts";

export type { MergeResult } from "./merge_result.ts";

/** Loads the stages that most calls do not reach. */
export function rareStages(): Promise<typeof import("./rare_stages.ts")> {
  return import("./rare_stages.ts");
}
