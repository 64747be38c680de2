/**
 * The messages that `open` sends to an editor, compared with those of VS Code's remote command
 * line.
 */
import { assert, assertEquals } from "@std/assert";
import { readTable, type Row } from "../../scripts/remote_cli_table.ts";
import { compiled } from "../support/mod.ts";
import { combinations, nameOf } from "./combinations.ts";
import { type Compared, DIFFERENCES } from "./differences.ts";
import { type Outcome, runAll } from "./world.ts";

const AT_ONCE = 4;

function isSame(theirs: Outcome, ours: Outcome): boolean {
  const text = ({ code, messages }: Outcome) => JSON.stringify([code, messages.map(sorted)]);
  return text(theirs) === text(ours);
}

function sorted(message: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(message).sort(([a], [b]) => a < b ? -1 : 1);
}

/** The description of what is wrong with a call; undefined if the call is as it should be. */
function complaint(compared: Compared, seen: Set<string>): string | undefined {
  const { combination, theirs, ours } = compared;
  if (isSame(theirs, ours)) return undefined;
  const difference = DIFFERENCES.find((one) => one.applies(compared));
  if (difference) seen.add(difference.name);
  if (difference?.isRight(compared)) return undefined;
  const shown = (outcome: Outcome) => JSON.stringify(outcome);
  return [
    nameOf(combination),
    difference ? `is not as "${difference.name}" has it` : "differs, and no difference has a name",
    `VS Code: ${shown(theirs)}`,
    `open:    ${shown(ours)}`,
  ].join("\n  ");
}

Deno.test("the table has every combination, at least 400 of them", () => {
  const names = combinations().map(nameOf);
  assertEquals(readTable().map(({ name }) => name), names);
  assert(names.length >= 400, `${names.length}`);
});

Deno.test("every difference from VS Code's remote command line has a name and is documented", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const table = new Map<string, Row>(readTable().map((row) => [row.name, row]));
  const all = combinations();
  const ours = await runAll(
    { command: compiled.command, args: ["open"], asksQuestions: true },
    all,
    AT_ONCE,
  );
  const seen = new Set<string>();
  const complaints = all.flatMap((combination, at) => {
    const theirs = table.get(nameOf(combination))!;
    return complaint({ combination, theirs, ours: ours[at]! }, seen) ?? [];
  });
  assertEquals(complaints.join("\n"), "");
  const documented = await Deno.readTextFile(
    new URL("../../docs/protocols.md", import.meta.url),
  );
  for (const { name } of DIFFERENCES) {
    assert(seen.has(name), `nothing differs by "${name}" any more`);
    assert(documented.includes(`| ${name} `), `docs/protocols.md does not explain "${name}"`);
  }
});
