import { assertEquals } from "@std/assert";
import { readSshArguments } from "../../src/links/mod.ts";

/**
 * The result of ssh's `getopt` for each line: the destination, the command, and what a link depends
 * on.
 */
const TABLE: readonly (readonly [line: string, expected: Record<string, unknown>])[] = [
  ["hostb", { destination: "hostb", command: [], opensSession: true, changesMachine: false }],
  ["hostb ls -l", { command: ["ls", "-l"], changesMachine: false }],
  ["hostb -p 2222 ls", { command: ["ls"], changesMachine: true }],
  ["hostb -p2222 ls", { command: ["ls"], changesMachine: true }],
  ["hostb -tp 2222 tmux", { command: ["tmux"], terminal: true, changesMachine: true }],
  ["hostb -l ann", { changesMachine: true, command: [] }],
  ["hostb -o User=ann", { changesMachine: true }],
  ["hostb -oPort=22", { changesMachine: true }],
  ["hostb -o HOSTNAME=10.0.0.1", { changesMachine: true }],
  ["hostb -o LogLevel=QUIET", { changesMachine: false }],
  ["hostb -4Ct tmux attach", { command: ["tmux", "attach"], terminal: true }],
  ["hostb -tT cat", { terminal: false, command: ["cat"] }],
  ["hostb -- -l ann", { command: ["-l", "ann"], changesMachine: false }],
  ["hostb -t -- -x", { command: ["-x"], terminal: true }],
  ["hostb - -p 1", { command: ["-", "-p", "1"], changesMachine: false }],
  ["hostb echo -- -G", { command: ["echo", "--", "-G"], opensSession: true }],
  ["hostb -G", { opensSession: false }],
  ["hostb -O check", { opensSession: false, command: [] }],
  ["hostb -W localhost:22", { opensSession: false, command: [] }],
  ["hostb -WG ls", { opensSession: false, command: ["ls"] }],
  ["hostb -oGO ls", { opensSession: true, command: ["ls"] }],
  ["hostb -iG", { opensSession: true, command: [] }],
  ["-V", { destination: undefined, opensSession: false }],
  ["-p 22 -l ann hostb -t top", { destination: "hostb", command: ["top"], terminal: true }],
  ["-x -s -- hostb sftp", { destination: "hostb", command: ["sftp"], isSubsystem: true }],
  ["hostb -p", { command: [], changesMachine: true }],
  ["", { destination: undefined, command: [] }],
];

for (const [line, expected] of TABLE) {
  Deno.test(`ssh's arguments are read as ssh reads them: ${line || "none"}`, () => {
    const read = readSshArguments(line === "" ? [] : line.split(" "));
    const found = Object.keys(expected).map((key) => [key, read[key as keyof typeof read]]);
    assertEquals(Object.fromEntries(found), expected);
  });
}

Deno.test("settings of -o are read in both spellings, and the first of a name counts", () => {
  const words = [
    "-o",
    "ClearAllForwardings=yes",
    "hostb",
    "-oclearallforwardings no",
    "-o",
    "A = b",
  ];
  assertEquals(
    [...readSshArguments(words).settings],
    [["clearallforwardings", "yes"], ["a", "b"]],
  );
});
