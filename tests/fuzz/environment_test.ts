/** Reading any process environment gives a hook that it contains, or none. */
import { assert, assertEquals } from "@std/assert";
import { readEnvironment } from "../../src/discovery/environment.ts";
import { fuzzSeed, seeded, tally } from "../support/mod.ts";

const CASES = 5000;
const PIECES = [
  ...["VSCODE_IPC_HOOK_CLI=", "VSCODE_IPC_HOOK_CLI=/a.sock", "TMUX=", "STY=1", "PATH=", "BROWSER="],
  ...["/bin/remote-cli", "/helpers/browser.sh", "/.cursor-server/", "code-server", ":", "="],
  ...[
    "VSCODE_CWD=/srv",
    "VSCODE_AGENT_FOLDER=",
    "\0",
    "\0",
    "\0",
    "VSCODE_IPC_HOOK_CLI",
    "X",
    "\xff\xfe",
    "",
  ],
];

/** A plain reading of the kernel's format. */
function expected(text: string): { hook: string; serverFolder: string | undefined } | undefined {
  const variables = text.split("\0");
  const valueOf = (name: string) =>
    variables.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1);
  if (valueOf("TMUX") !== undefined || valueOf("STY") !== undefined) return undefined;
  const hook = valueOf("VSCODE_IPC_HOOK_CLI");
  return hook?.startsWith("/") ? { hook, serverFolder: valueOf("VSCODE_CWD") } : undefined;
}

Deno.test("any bytes of an environment give the hook they contain, and a kind", () => {
  const seed = fuzzSeed(20240601);
  const random = seeded(seed);
  const pick = (count: number) => Math.floor(random() * count);
  for (let i = 0; i < CASES; i++) {
    const text = Array.from({ length: pick(16) }, () => PIECES[pick(PIECES.length)]).join("");
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const shown = `seed ${seed}, case ${i}: ${JSON.stringify(text)}`;
    const evidence = readEnvironment(bytes);
    const wanted = expected(text);
    assertEquals(evidence !== undefined, wanted !== undefined, shown);
    if (wanted === undefined || /[\x80-\xff]/.test(JSON.stringify(wanted))) continue;
    const { hook, serverFolder } = evidence!;
    assertEquals({ hook, serverFolder }, wanted, shown);
    assert(typeof evidence!.kind() === "string", shown);
  }
  tally({ "environments of processes": CASES });
});

Deno.test("random bytes do no harm", () => {
  const random = seeded(fuzzSeed(20240601));
  for (let i = 0; i < 2000; i++) {
    const bytes = Uint8Array.from({ length: Math.floor(random() * 300) }, () => random() * 256);
    const evidence = readEnvironment(bytes);
    assert(evidence === undefined || typeof evidence.kind() === "string");
  }
  tally({ "environments of processes": 2000 });
});
