/** The values a command gets for the options that it declares with types. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { defineCommand, type Invocation, option } from "../../src/cli/mod.ts";
import { parseArguments } from "../../src/cli/parse.ts";
import type { Settings } from "../../src/cli/arguments.ts";
import { SessionctlError } from "../../src/errors.ts";

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
    protocol: option.list(option.text({ summary: "", default: "http/1.1" })),
    place: option.value((text, what) => `${what} at ${text}`, { valueName: "X", summary: "" }),
    alone: option.flag({ summary: "", conflicts: ["THING"] }),
    rc: option.file({ summary: "", requires: [["supervise", "alone"], "THING"] }),
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
  protocol: ["http/1.1"],
  place: undefined,
  alone: false,
  rc: undefined,
};

Deno.test("options that are not given have their parsed defaults", async () => {
  assertEquals(await typed([]), defaults);
});

Deno.test("values are parsed by their declarations", async () => {
  const words = "--prune-interval 1.5m --max-size=2K --workers 4 --give-up never --when never " +
    "--allow-owner 0 --allow-owner=1000 --state /x/../y --openExternal --named n --protocol h2 --protocol none --place here --supervise --rc /y THING";
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
    protocol: ["h2", "none"],
    place: "--place at here",
    supervise: true,
    rc: "/y",
  });
});

Deno.test("a command gets its typed arguments and its operands", async () => {
  seen.length = 0;
  const given = parseArguments(["a", "--workers=2"], command.spec);
  await command.run({ given } as Invocation);
  assertEquals(seen, [{ ...defaults, workers: 2 }, ["a"]]);
});

for (
  const [args, message] of [
    ["--prune-interval soon", '--prune-interval is not a duration: "soon"'],
    ["--max-size 1T", '--max-size is not a size: "1T"'],
    ["--workers 0", '--workers is out of range: "0"'],
    ["--workers 5", '--workers is out of range: "5"'],
    ["--give-up often", '--give-up is not a whole number: "often"'],
    ["--when sometimes", '--when cannot be "sometimes"'],
    ["--allow-owner ann", '--allow-owner is not a user id: "ann"'],
    ["--state x --no-state", "--state and --no-state cannot be used together"],
    ["--stop-timeout 1s", "--stop-timeout needs --supervise"],
    ["--alone x", "--alone and THING cannot be used together"],
    ["--rc f x", "--rc needs --supervise or --alone"],
    ["--rc f --supervise", "--rc needs THING"],
  ] as const
) {
  Deno.test(`${args} is a usage error: ${message}`, async () => {
    const error = await assertRejects(() => typed(args.split(" ")), SessionctlError, message);
    assertEquals(error.code, "USAGE");
  });
}

Deno.test("an option on the command line overrides a conflicting option of the file", async () => {
  const noState = settings({ "no-state": true });
  assertEquals((await typed(["--state", "/x"], noState)).noState, false);
  const state = settings({ state: ["/file"] });
  assertEquals((await typed(["--no-state"], state)).state, undefined);
  await assertRejects(
    () => typed([], new Map([...noState, ...state])),
    SessionctlError,
    "cannot be used together",
  );
});

Deno.test("an option of the file that needs another option has no effect without it", async () => {
  const fromFile = settings({ "stop-timeout": ["1s"] });
  assertEquals((await typed([], fromFile)).stopTimeout, 10_000);
  assertEquals((await typed(["--supervise"], fromFile)).stopTimeout, 1000);
});

Deno.test("a variable takes precedence over the file, and the command line over the variable", async () => {
  Deno.env.set("SCTL_TEST_NAMED", "variable");
  try {
    const fromFile = settings({ named: ["file"] });
    assertEquals((await typed([], fromFile)).named, "variable");
    assertEquals((await typed(["--named", "word"], fromFile)).named, "word");
  } finally {
    Deno.env.delete("SCTL_TEST_NAMED");
  }
});

const needy = defineCommand({
  name: "needy",
  summary: "",
  operands: [{ name: "SHELL", arity: "optional", requiredWithout: ["all"], conflicts: ["json"] }],
  options: {
    all: option.flag({ summary: "" }),
    listen: option.text({ summary: "", required: true }),
    to: option.text({ summary: "" }),
    session: option.text({ summary: "" }),
    route: option.list(option.text({ summary: "" })),
  },
  oneOf: [["to", "session", "route"]],
  examples: [],
  run: () => Promise.resolve(0),
});

for (
  const [args, message] of [
    ["--listen x --to y", "needy needs SHELL"],
    ["fish --to y", "needy needs --listen"],
    ["fish --listen x", "needy needs one of --to, --session and --route"],
    ["fish --listen x --to y --route z", "--to and --route cannot be used together"],
    ["fish --listen x --to y --json", "SHELL and --json cannot be used together"],
  ] as const
) {
  Deno.test(`declared requirements are checked: ${args} is refused with: ${message}`, () => {
    const error = assertThrows(
      () => parseArguments(args.split(" "), needy.spec),
      SessionctlError,
      message,
    );
    assertEquals(error.code, "USAGE");
  });
}

Deno.test("an option on the command line overrides the other options of its group in the file", () => {
  const fromFile = settings({ to: ["/file"], listen: ["l"] });
  const args = ["--all", "--session", "s"];
  const { typed } = parseArguments(args, needy.spec, fromFile);
  assertEquals([typed.to, typed.session, typed.listen], [undefined, "s", "l"]);
});
