/**
 * Process supervision: a parent that starts and monitors a child, and the child's side for children
 * that are this program itself.
 */
export { joinParent } from "./child.ts";
export { describeEvent, describeExit } from "./describe_event.ts";
export { endLike, followSignals } from "./signals.ts";
export { supervise } from "./supervise.ts";
export type {
  ChildExit,
  ChildSpec,
  ExitDecision,
  Supervised,
  SuperviseEvent,
  SuperviseOptions,
} from "./types.ts";

/** Runs this process as the guard of a foreign program; see `guard.ts`. */
export async function runGuard(version: string): Promise<void> {
  const { runGuard } = await import("./guard.ts");
  await runGuard(version);
}
