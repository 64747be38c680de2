/**
 * The costs of `open` into a desktop window and of a list of all windows as whole processes,
 * compared with a compiled program that does nothing.
 */
import { makeSandbox, type Sandbox } from "../../tests/support/mod.ts";
import {
  barsOf,
  compileProgram,
  type ContestantResults,
  interleave,
  type Report,
  SESSIONCTL,
  startFakeEditor,
  timeProcess,
  versionOf,
} from "./lib/mod.ts";
import { startDesktopEditor } from "./desktop/stand_in.ts";

const ROUNDS = 40;
const WARMUPS = 3;
const EDITORS = ["Code", "Cursor", "VSCodium", "Windsurf", "Positron"];

const HELLO = "hello world, compiled alike";
const OPEN = "sessionctl open, into a desktop window";
const OPEN_EDITOR_SOCKET = "sessionctl open, into a window with an editor socket";
const LIST = "sessionctl list --all";
const LIST_WITHOUT = "sessionctl list --all, no desktop editor";

export async function run(): Promise<Report> {
  await using sandbox = await makeSandbox();
  await using bare = await makeSandbox();
  const hello = await compileProgram("hello", "scripts/bench/startup/hello.ts");
  await startDesktopEditors(sandbox);
  const editor = bare.path("vscode-ipc-0.sock");
  bare.defer((await startFakeEditor(editor)).stop);
  const file = sandbox.path("home/project/main.ts");
  const call = (place: Sandbox, command: string, ...args: string[]) => () =>
    Promise.resolve(timeProcess(command, args, place));
  const inWindow = { ...bare.env, VSCODE_IPC_HOOK_CLI: editor };
  const times: ContestantResults<string> = await interleave({
    [HELLO]: call(sandbox, hello),
    [OPEN]: call(sandbox, SESSIONCTL, "open", file),
    [OPEN_EDITOR_SOCKET]: () =>
      Promise.resolve(timeProcess(SESSIONCTL, ["open", file], { env: inWindow })),
    [LIST]: call(sandbox, SESSIONCTL, "list", "--all"),
    [LIST_WITHOUT]: call(bare, SESSIONCTL, "list", "--all"),
  }, { rounds: ROUNDS, warmups: WARMUPS });
  const median = (name: string) => times[name]!.median;
  return {
    title: "Desktop",
    introduction: "The cost of `open` into a window of a desktop editor, and of a list of all " +
      `windows, each as a whole process, with ${EDITORS.length} desktop editors of two windows each.`,
    versions: { sessionctl: await versionOf(SESSIONCTL, "--version") },
    figures: [{
      title: "Whole processes",
      unit: "ms",
      better: "lower",
      bars: barsOf(times),
      targets: [
        {
          what: "open into a desktop window against a compiled hello world",
          sense: "at most",
          bound: 1.35,
          unit: "times",
          value: median(OPEN) / median(HELLO),
        },
        {
          what: `the windows of ${EDITORS.length} editors in list --all`,
          sense: "at most",
          bound: 10,
          unit: "ms",
          value: median(LIST) - median(LIST_WITHOUT),
        },
      ],
    }],
    notes: [
      `${ROUNDS} runs of each, by turns, timed from the spawn to the exit; medians. The editors are ` +
      "stand-ins made of VS Code's own channel classes (tests/support/desktop_editor.ts), each in a " +
      "process of Deno: no Electron was measured. Every process gets an environment of little " +
      "more than `PATH` and `HOME`.",
      "`list --all` also searches the machine's processes for other windows. The desktop editors' " +
      "share is its time minus that of the same call without any desktop editor running.",
    ],
  };
}

/** Starts the stand-ins of the editors; the first has a window on the sandbox's project. */
async function startDesktopEditors(sandbox: Sandbox): Promise<void> {
  await Deno.mkdir(sandbox.path("home/project"));
  for (const name of EDITORS) {
    await startDesktopEditor(sandbox, name, name === EDITORS[0] ? "project" : "elsewhere");
  }
}
