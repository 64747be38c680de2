import type { Sandbox } from "../../../tests/support/mod.ts";
import { startFakeEditor } from "../lib/mod.ts";
import { type Contestant, type Rival, startCeiling, startOurs, startRival } from "./contestants.ts";
import { makeWorld, type World } from "./world.ts";

/** Number of sessions: a realistic number of one user's windows, and a much larger one. */
export const WINDOWS = 10;
export const FEW = 100;
export const SOME = 10_000;
export const MANY = 100_000;

/** All running contestants. */
export interface Scene {
  readonly world: World;
  /** Our registries, by the number of sessions that they will hold. */
  readonly few: Contestant;
  readonly some: Contestant;
  readonly many: Contestant;
  readonly rivalFew: Rival;
  readonly rivalSome: Rival;
  readonly ceiling: Contestant;
}

/** Starts all contestants, without sessions; the sandbox ends them. */
export async function setScene(sandbox: Sandbox): Promise<Scene> {
  const world = makeWorld(sandbox, MANY);
  const editor = await startFakeEditor(world.editor);
  sandbox.defer(editor.stop);
  return {
    world,
    few: await startOurs(sandbox, "few"),
    some: await startOurs(sandbox, "some"),
    many: await startOurs(sandbox, "many"),
    rivalFew: await startRival(sandbox, "rival-few"),
    rivalSome: await startRival(sandbox, "rival-some"),
    ceiling: await startCeiling(sandbox, world),
  };
}
