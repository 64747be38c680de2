import { assertEquals } from "@std/assert";
import {
  appendHistory,
  commitOf,
  type HistoryEntry,
  lastSeconds,
  ratiosOf,
} from "../../scripts/bench/lib/mod.ts";
import { makeSandbox } from "../support/mod.ts";

const entry = (
  find: number,
  lookups: number,
  rest: Partial<HistoryEntry> = {},
): HistoryEntry => ({
  date: "2026-11-28",
  commit: "abc1234",
  machine: "linux x86_64, 2 cores",
  name: "startup",
  ratios: {
    "Processes: find / hello": { value: find, better: "lower" },
    "Lookups: serve / peer": { value: lookups, better: "higher" },
  },
  ...rest,
});

Deno.test("the ratios of a report compare our bars with each other bar of the figure", () => {
  const ratios = ratiosOf({
    figures: [{
      title: "Whole processes",
      unit: "ms",
      better: "lower",
      bars: [
        { label: "hello", value: 20 },
        { label: "find", value: 30, ours: true },
        { label: "open", value: 40, ours: true },
        { label: "not measured", value: 0 },
      ],
    }, { title: "Ours alone", unit: "MB", better: "lower", bars: [{ label: "serve", value: 1 }] }],
  });
  assertEquals(ratios, {
    "Whole processes: find / hello": { value: 1.5, better: "lower" },
    "Whole processes: open / hello": { value: 2, better: "lower" },
  });
});

Deno.test("a loss of more than 5 % that no earlier run shows is named", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("history.jsonl");
  const before = entry(1.2, 3);
  assertEquals(await appendHistory(path, before), []);
  // Within 5 %, and better.
  assertEquals(await appendHistory(path, entry(1.24, 4)), []);
  const after = entry(1.5, 3, { date: "2026-11-29" });
  assertEquals(await appendHistory(path, after), [
    "worse by 23 % than the median of 2 runs before: Processes: find / hello: 1.22 -> 1.5",
  ]);
  const lines = (await Deno.readTextFile(path)).trim().split("\n");
  assertEquals([lines.length, JSON.parse(lines[0]!), JSON.parse(lines[2]!)], [3, before, after]);
});

Deno.test("only entries of the same bench on the same kind of machine are compared", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("history.jsonl");
  await appendHistory(path, entry(1, 3));
  assertEquals(await appendHistory(path, entry(2, 3, { machine: "linux aarch64, 8 cores" })), []);
  assertEquals(await appendHistory(path, entry(2, 3, { name: "shell" })), []);
  const added = { "New: open / hello": { value: 9, better: "lower" } } as const;
  assertEquals(await appendHistory(path, entry(1, 3, { ratios: added })), []);
});

Deno.test("a bench's last duration on this kind of machine is known", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("history.jsonl");
  const { machine, name } = entry(1, 3);
  assertEquals(await lastSeconds(path, name, machine), 0);
  await appendHistory(path, entry(1, 3, { seconds: 40 }));
  await appendHistory(path, entry(1, 3, { seconds: 90, machine: "another" }));
  assertEquals(await lastSeconds(path, name, machine), 40);
});

Deno.test("the measured commit is marked when files differ from it", async () => {
  await using sandbox = await makeSandbox();
  assertEquals(await commitOf(sandbox.directory), "unknown");
  const git = async (...args: string[]) => {
    const identity = ["-c", "user.name=a", "-c", "user.email=a@localhost"];
    const options = { cwd: sandbox.directory, env: sandbox.env, args: [...identity, ...args] };
    return new TextDecoder().decode((await new Deno.Command("git", options).output()).stdout);
  };
  await git("init", "-q");
  await Deno.writeTextFile(sandbox.path("file"), "a");
  await git("add", "file");
  await git("commit", "-q", "-m", "first");
  const commit = (await git("rev-parse", "--short", "HEAD")).trim();
  assertEquals(await commitOf(sandbox.directory), commit);
  await Deno.writeTextFile(sandbox.path("file"), "b");
  assertEquals(await commitOf(sandbox.directory), `${commit}-dirty`);
});
