import {
  type CommandContext,
  defineCommand,
  ExitCode,
  type Output,
  VERSION,
} from "../../cli/mod.ts";
import { type CheckResult, diagnose, type Finding } from "../../doctor/mod.ts";
import { realPathOf, system } from "../../platform/mod.ts";
import { pathOperand } from "../shared/arguments.ts";
import { configCheck, configuredLaunch } from "./config.ts";
import { currentFolder } from "../shared/editor_target.ts";

/** `sessionctl doctor`: reports problems of the set-up, with the commands that fix them. */
export const command = defineCommand({
  name: "doctor",
  group: "setup",
  summary: "Find out why files open in the wrong window, and how to fix it",
  operands: [{ name: "PATH", kind: "file", arity: "optional" }],
  options: {},
  examples: [
    { command: "sessionctl doctor", does: "check the set-up and the current folder" },
    {
      command: "sessionctl doctor src/main.ts",
      does: "also show where this file would open, and why",
    },
    {
      command: "sessionctl doctor --json | jq -r '.checks[].findings[].fix // empty'",
      does: "print only the commands that fix problems",
    },
  ],
  details: [
    "doctor changes nothing. It only asks editors whether they are live. Every check has " +
    "a time limit.",
    "The exit code is 1 if doctor finds problems.",
  ],
  config: "own",
  run: doctor,
});

async function doctor(context: CommandContext): Promise<number> {
  const { operands, output, socket } = context;
  const [operand] = operands;
  const path = operand === undefined ? currentFolder() : pathOperand(operand, "PATH");
  const results = await diagnose({
    path: realPathOf(path),
    registrySocket: socket,
    launch: system.env("SESSIONCTL_LAUNCH") ?? await configuredLaunch(context.commands),
    context: system,
    version: VERSION,
  }, [configCheck(context.commands)]);
  const problems = results.flatMap(({ findings }) => findings)
    .filter(({ severity }) => severity === "problem").length;
  if (output.json) {
    output.value({ healthy: problems === 0, path: realPathOf(path), checks: results });
  } else {
    await print(results, output);
    output.note(problems === 0 ? "no problems" : `${problems} problem${problems === 1 ? "" : "s"}`);
  }
  return problems === 0 ? ExitCode.Done : ExitCode.Failed;
}

type Paint = (text: string) => string;

async function print(results: readonly CheckResult[], output: Output): Promise<void> {
  const paint = await colours(output.colour);
  for (const [index, { name, findings }] of results.entries()) {
    if (findings.length === 0) continue;
    if (index > 0) output.line("");
    output.line(paint.head(name));
    for (const finding of findings) printFinding(finding, paint, output);
  }
}

const INDENT = " ".repeat(11);

function printFinding(
  { severity, text, details = [], fix }: Finding,
  paint: Record<string, Paint>,
  output: Output,
): void {
  output.line(`  ${paint[severity]!(severity.padEnd(7))}  ${text}`);
  for (const detail of details) output.line(`${INDENT}${paint.detail!(detail)}`);
  if (fix !== undefined) output.line(`${INDENT}${paint.fix!(`fix: ${fix}`)}`);
}

async function colours(wanted: boolean) {
  const plain: Paint = (text) => text;
  if (!wanted) {
    return { head: plain, ok: plain, note: plain, problem: plain, detail: plain, fix: plain };
  }
  const { bold, cyan, dim, green, red, setColorEnabled, yellow } = await import("@std/fmt/colors");
  setColorEnabled(true);
  return { head: bold, ok: green, note: yellow, problem: red, detail: dim, fix: cyan };
}
