import { defineCommand, ExitCode } from "../cli/mod.ts";
import { CANDIDATE_KINDS, type CandidateKind, candidatesOf } from "./shared/candidates.ts";

const KINDS = [...CANDIDATE_KINDS, "words"] as const;
type Kind = (typeof KINDS)[number];

/**
 * `sessionctl __complete`: prints completions for the scripts of shells, one per line, with a tab
 * and a description. It probes no editor, and prints nothing if it finds none. With `words` it
 * completes the command line in `SESSIONCTL_WORDS`, for PowerShell.
 */
export const command = defineCommand({
  name: "__complete",
  hidden: true,
  summary: "Print what may stand in a place of the command line",
  operands: [{ name: "KIND", kind: KINDS }],
  options: {},
  examples: [{ command: "sessionctl __complete session", does: "for completion scripts" }],
  async run({ operands, output, socket, commands }) {
    const kind = operands[0] as Kind;
    if (kind === "words") {
      const { completeWords } = await import("./shared/complete_words.ts");
      output.line(await completeWords(commands, socket));
      return ExitCode.Done;
    }
    const lines = await candidatesOf(kind satisfies CandidateKind, socket);
    if (output.json) output.value(lines.map(([value]) => value));
    else if (lines.length > 0) output.line(lines.map((line) => line.join("\t")).join("\n"));
    return ExitCode.Done;
  },
});
