import { type EditorMessage, makeSandbox, type Sandbox, startEditor } from "../support/mod.ts";
import type { Combination } from "./combinations.ts";

/** A command line program of an editor: ours, or VS Code's. */
export interface Cli {
  readonly command: string;
  /** The arguments before the ones that are compared. */
  readonly args: readonly string[];
  /** Whether the program asks the editor questions with messages that have no effect. */
  readonly asksQuestions: boolean;
}

/** The outcome of a call. */
export interface Outcome {
  readonly code: number;
  /** The messages that the editor received, without empty values: false, empty lists. */
  readonly messages: readonly Readonly<Record<string, unknown>>[];
}

const FILES = ["a", "b", "base", "result", "literal:12", "-x", "with space", "50%", "007"];
const FOLDERS = ["sub", "other"];

/** Runs combinations in one world, a few concurrently. */
export async function runAll(
  cli: Cli,
  combinations: readonly Combination[],
  atOnce: number,
): Promise<Outcome[]> {
  await using sandbox = await makeSandbox();
  await makeFiles(sandbox);
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < combinations.length; at = next++) {
      outcomes[at] = await runOne(cli, combinations[at]!, sandbox);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}

async function makeFiles(sandbox: Sandbox): Promise<void> {
  const here = (...names: string[]) => sandbox.path("work", ...names);
  for (const folder of FOLDERS) await Deno.mkdir(here(folder), { recursive: true });
  for (const name of FILES) await Deno.writeTextFile(here(name), "");
  await Deno.symlink("a", here("link"));
  await Deno.symlink("nowhere", here("dangling"));
  await Deno.symlink("work", sandbox.path("linked-work"));
  await new Deno.Command("mkfifo", { args: [here("pipe")] }).output();
}

async function runOne(
  cli: Cli,
  { args, env, stdin }: Combination,
  sandbox: Sandbox,
): Promise<Outcome> {
  const here = sandbox.path("work");
  const actual = (text: string) => text.replaceAll("$HERE", here);
  const editor = await startEditor(sandbox, {
    answer: closeTabs,
    recordsQuestions: !cli.asksQuestions,
  });
  const child = new Deno.Command("timeout", {
    args: ["-s", "KILL", "30", cli.command, ...cli.args, ...args.map(actual)],
    cwd: here,
    env: {
      ...sandbox.env,
      VSCODE_IPC_HOOK_CLI: editor.socketPath,
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, actual(value)])),
    },
    clearEnv: true,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    // The program may end without reading stdin.
    await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
    await writer.close().catch(() => {});
  }
  const { code } = await child.status;
  await editor.die();
  return { code, messages: editor.messages.map((message) => readable(message, here)) };
}

/** Closes the tabs immediately, as the user would. */
function closeTabs({ waitMarkerFilePath }: EditorMessage): null {
  if (typeof waitMarkerFilePath === "string") Deno.removeSync(waitMarkerFilePath);
  return null;
}

/** A message without its empty values, with names in place of what differs in each run. */
function readable(message: EditorMessage, here: string): Record<string, unknown> {
  const told = Object.entries(message).filter(([, value]) =>
    value !== false && value !== undefined && !(Array.isArray(value) && value.length === 0)
  );
  const parent = here.slice(0, here.lastIndexOf("/"));
  const text = JSON.stringify(Object.fromEntries(told))
    .replaceAll(here, "$HERE")
    .replaceAll(/"waitMarkerFilePath":"[^"]*"/g, '"waitMarkerFilePath":"$MARKER"')
    // Both programs copy a stream into a file in the temporary directory.
    .replaceAll(
      new RegExp(`${parent}/tmp/(?:code-stdin-[^":/]+|sessionctl-[^"/]+/[^":/]+)`, "g"),
      "$STREAM",
    )
    .replaceAll(parent, "$HERE/..");
  return JSON.parse(text);
}
