/** Completions of the shells, generated from the specs that the parser uses. */
import type { CommandSpec } from "../spec.ts";
import { bashCompletions } from "./bash.ts";
import { fishCompletions } from "./fish.ts";
import { completedCommands } from "./model.ts";
import { zshCompletions } from "./zsh.ts";

export { completedCommands } from "./model.ts";
export { type Completion, type Place, placeOf } from "./words.ts";

const SCRIPTS = { bash: bashCompletions, zsh: zshCompletions, fish: fishCompletions };

/** Generates the completion script of a shell. */
export function completionScript(
  shell: keyof typeof SCRIPTS,
  specs: readonly CommandSpec[],
): string {
  return SCRIPTS[shell](completedCommands(specs));
}
