/**
 * One call of `open`, stage by stage: parse.ts, plan.ts, send.ts, wait.ts. The items of item.ts
 * pass through all of them.
 */
export { withoutLine } from "./editor_message.ts";
export type { OpenItem, OpenModes, PathItem, Position, StreamItem } from "./item.ts";
export { itemOfStream } from "./item.ts";
export { namesHost, readOperand } from "./operand.ts";
export { isStream, type OpenWords, parseItems } from "./parse.ts";
export { type Part, type Plan, planItems, type PlanOptions } from "./plan.ts";
export { PrivateFiles } from "./private_files.ts";
export type { Closed, RequestOptions, WindowRequest } from "./request.ts";
export {
  type Launch,
  type Outcome,
  requestsTo,
  type SendOptions,
  sendPlan,
  type Sent,
} from "./send.ts";
export { copyStream, type StreamFile, streamFileName } from "./stream_file.ts";

export type { MergeResult } from "./merge_result.ts";

/** Loads the stages that most calls do not reach. */
export function rareStages(): Promise<typeof import("./rare_stages.ts")> {
  return import("./rare_stages.ts");
}
