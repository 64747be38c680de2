/** What a command gets for the options that it declares with types. */
import { assertEquals, assertRejects } from "@std/assert";
import { type CommandContext, defineCommand, option } from "../../src/cli/mod.ts";
import { parseArguments } from "../../src/cli/parse.ts";
import type { Settings } from "../../src/cli/arguments.ts";
import { SessionctlError } from "../../src/platform/mod.ts";

const seen: unknown[] = [];
const command = defineCommand({
  name: "try",
  summary: "",
  operands: [{ name: "THING", arity: "any" }],
  options: {
    pruneInterval: option.duration({ summary: "", default: "30s" }),
    maxSize: option.size({ summary: "" }),
    workers: option.count({ summary: "", default: "1", min: 1, max: 4 }),
    giveUp: option.count({ summary: "", default: "10", never: true }),
    when: option.choice(["always", "never"], { summary: "", default: "always" }),
    allowOwner: option.list(option.userId({ summary: "" })),
    state: option.file({ summary: "", conflicts: ["no-state"] }),
    noState: option.flag({ summary: "" }),
    supervise: option.flag({ summary: "" }),
    stopTimeout: option.duration({ summary: "", default: "10s", requires: ["supervise"] }),
    openExternal: option.flag({ summary: "", name: "openExternal" }),
    named: option.text({ summary: "", env: "SCTL_TEST_NAMED" }),
  },
  examples: [],
  run({ args, operands }) {
    seen.push(args, operands);
    return Promise.resolve(0);
  },
});

const settings = (values: Record<string, boolean | readonly string[]>): Settings =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value }]));

async function typed(args: readonly string[], fromFile?: Settings) {
  return (await parseArguments(args, command.spec, fromFile)).typed;
}

const defaults = {
  pruneInterval: 30_000,
  maxSize: undefined,
  workers: 1,
  giveUp: 10,
  when: "always",
  allowOwner: [],
  state: undefined,
  noState: false,
  supervise: false,
  stopTimeout: 10_000,
  openExternal: false,
  named: undefined,
};

Deno.test("options that are not given have their defaults, parsed", async () => {
  assertEquals(await typed([]), defaults);
});

Deno.test("values are parsed by their declarations", async () => {
  const words = "--prune-interval 1.5m --max-size=2K --workers 4 --give-up never --when never " +
    "--allow-owner 0 --allow-owner=1000 --state /x/../y --openExternal --named n";
  assertEquals(await typed(words.split(" ")), {
    ...defaults,
    pruneInterval: 90_000,
    maxSize: 2048,
    workers: 4,
    giveUp: Infinity,
    when: "never",
    allowOwner: [0, 1000],
    state: "/y",
    openExternal: true,
    named: "n",
  });
});

Deno.test("a command gets its arguments with types, and its operands", async () => {
  seen.length = 0;
  const args = await parseArguments(["a", "--workers=2"], command.spec);
  await command.run({ args } as CommandContext);
  assertEquals(seen, [{ ...defaults, workers: 2 }, ["a"]]);
});

for (
  const [args, message] of [
    ["--prune-interval soon", '--prune-interval is not a duration: "soon"'],
    ["--max-size 1T", '--max-size is not a size: "1T"'],
    ["--workers 0", '--workers is not a whole number: "0"'],
    ["--workers 5", '--workers is not a whole number: "5"'],
    ["--give-up often", '--give-up is not a whole number: "often"'],
    ["--when sometimes", '--when cannot be "sometimes"'],
    ["--allow-owner ann", '--allow-owner is not a user id: "ann"'],
    ["--state x --no-state", "--state and --no-state exclude each other"],
    ["--stop-timeout 1s", "--stop-timeout needs --supervise"],
  ] as const
) {
  Deno.test(`${args} is a usage error: ${message}`, async () => {
    const error = await assertRejects(() => typed(args.split(" ")), SessionctlError, message);
    assertEquals(error.code, "USAGE");
  });
}

Deno.test("an option on the command line takes away what the file sets for a conflicting one", async () => {
  const noState = settings({ "no-state": true });
  assertEquals((await typed(["--state", "/x"], noState)).noState, false);
  const state = settings({ state: ["/file"] });
  assertEquals((await typed(["--no-state"], state)).state, undefined);
  await assertRejects(
    () => typed([], new Map([...noState, ...state])),
    SessionctlError,
    "exclude each other",
  );
});

Deno.test("an option of the file that needs another one has no effect without it", async () => {
  const fromFile = settings({ "stop-timeout": ["1s"] });
  assertEquals((await typed([], fromFile)).stopTimeout, 10_000);
  assertEquals((await typed(["--supervise"], fromFile)).stopTimeout, 1000);
});

Deno.test("a variable stands between the command line and the file", async () => {
  Deno.env.set("SCTL_TEST_NAMED", "variable");
  try {
    const fromFile = settings({ named: ["file"] });
    assertEquals((await typed([], fromFile)).named, "variable");
    assertEquals((await typed(["--named", "word"], fromFile)).named, "word");
  } finally {
    Deno.env.delete("SCTL_TEST_NAMED");
  }
});
