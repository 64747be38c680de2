import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { commandsOf, matches } from "./commands.ts";
import { runDocument } from "./document.ts";
import { fencedBlocks } from "./markdown.ts";

const document = (...blocks: [info: string, ...lines: string[]][]) =>
  blocks.map(([info, ...lines]) => ["```" + info, ...lines, "```", ""].join("\n")).join("\n");

const linux = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, ignore: Deno.build.os !== "linux", fn });

Deno.test("a fence has a language and tags, and must be closed", () => {
  const text = document(['sh ignore="needs a moon"', "true"], ["make file=Makefile", "all:"]);
  assertEquals(
    fencedBlocks(text).map(({ language, tags, line }) => [language, [...tags], line]),
    [["sh", [["ignore", "needs a moon"]], 1], ["make", [["file", "Makefile"]], 5]],
  );
  assertThrows(() => fencedBlocks("```sh\ntrue\n"), Error, "line 1: the block never ends");
  assertThrows(() => fencedBlocks("\n```\ntrue\n```"), Error, "line 2: the block has no language");
  assertThrows(() => fencedBlocks(document(["sh ignored=x"])), Error, "unknown tag ignored");
});

linux("continuation lines belong to one command", async () => {
  const lines = [
    "# a remark",
    "a \\",
    "  b",
    "",
    "for x in 1; do",
    "  c",
    "done",
    "cat <<E",
    "d",
    "E",
  ];
  const [block] = fencedBlocks(document(["sh", ...lines]));
  assertEquals((await commandsOf(block!)).map(({ text, line }) => [text, line]), [
    ["a \\\n  b", 3],
    ["for x in 1; do\n  c\ndone", 6],
    ["cat <<E\nd\nE", 9],
  ]);
});

Deno.test("only three dots match any printed text", () => {
  assertEquals(matches("a 12 b\n", "a ... b"), true);
  assertEquals(matches("a\nx\ny\nb\n", "a\n...\nb"), true);
  assertEquals(matches("a.b\n", "a.b"), true);
  assertEquals(matches("axb\n", "a.b"), false);
  assertEquals(matches("ab\nmore\n", "ab"), false);
  assertEquals(matches("ab\nmore\n", "ab", true), true);
});

linux("a correct document passes", async () => {
  const text = document(
    ["sh", "A=1 # a variable stays", "false # exits 1"],
    ["console", "$ echo $A $PWD", "1 /home/ann/api"],
    ["text file=~/notes/x", "hello"],
    [
      "console",
      "$ cat ~/notes/x; sessionctl find src",
      "hello",
      "/run/user/1000/vscode-ipc-3f2a.sock",
    ],
    ["fish", "set x 1", "test $x = 1"],
    ['sh ignore="there is no such program"', "no-such-program"],
  );
  assertEquals(await runDocument(text), []);
});

linux("an incorrect document is reported line by line", async () => {
  const text = document(
    ["sh", "no-such-program"],
    ["console", "$ echo 1", "2"],
    ["sh", "sessionctl serve --no-such-option", "true", "exit 0", "true"],
  );
  const complaints = await runDocument(text);
  assertEquals(complaints.map((complaint) => complaint.split("\n")[0]), [
    "line 2: no-such-program",
    "line 6: echo 1",
    "line 11: sessionctl serve --no-such-option",
    "line 13: exit 0",
    "line 14: true",
  ]);
  assertStringIncludes(complaints[2]!, "exits 2");
  assertEquals(await runDocument(document(["sh ignore=why", "true"])), [
    "line 1: ignored without a reason",
  ]);
});
