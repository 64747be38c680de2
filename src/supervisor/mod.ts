/**
 * Processes that are kept running: a parent that starts a child and looks after it, and
 * the side of a child that is this program itself.
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
