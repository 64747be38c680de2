import { assertEquals, assertRejects } from "@std/assert";
import type { CommandSpec } from "../../src/cli/mod.ts";
import { parseArguments, readCommandLine } from "../../src/cli/parse.ts";
import { SessionctlError } from "../../src/errors.ts";

const spec: CommandSpec = {
  name: "try",
  summary: "",
  operands: [{ name: "THING", arity: "any" }],
  options: [
    { name: "all", short: "a", type: "flag", summary: "" },
    { name: "big", short: "b", type: "flag", summary: "" },
    { name: "name", short: "n", type: "value", valueName: "NAME", summary: "" },
    { name: "tag", type: "list", valueName: "TAG", summary: "" },
  ],
  examples: [],
  ignoredOptions: () => ({ "old-flag": false, "old-value": true }),
};

async function parse(...args: string[]) {
  const parsed = await parseArguments(args, spec);
  return {
    operands: parsed.operands,
    flags: ["all", "big"].filter((name) => parsed.flag(name)),
    name: parsed.value("name"),
    tags: parsed.list("tag"),
    ignored: parsed.ignored,
  };
}

const nothing = { operands: [], flags: [], name: undefined, tags: [], ignored: [] };

Deno.test("options and operands come in any order", async () => {
  assertEquals(await parse("x", "--all", "y", "-b", "z"), {
    ...nothing,
    operands: ["x", "y", "z"],
    flags: ["all", "big"],
  });
});

Deno.test("an option's value is attached or follows, and the last one wins", async () => {
  for (const args of [["--name=x"], ["--name", "x"], ["-n", "x"], ["-nx"], ["-n=x"], ["-abnx"]]) {
    assertEquals((await parse(...args)).name, "x", args.join(" "));
  }
  assertEquals((await parse("--name=x", "-n", "y")).name, "y");
  assertEquals((await parse("--name=a=b")).name, "a=b");
  assertEquals((await parse("--name", "-")).name, "-");
});

Deno.test("a list collects every value", async () => {
  assertEquals((await parse("--tag", "x", "--tag=y")).tags, ["x", "y"]);
});

Deno.test("short flags can be combined in one word", async () => {
  assertEquals((await parse("-ba")).flags, ["all", "big"]);
});

Deno.test("all words after -- are operands, and operands stay strings", async () => {
  assertEquals((await parse("007", "-", "1e3", "--", "--all", "-x", "--")).operands, [
    "007",
    "-",
    "1e3",
    "--all",
    "-x",
    "--",
  ]);
});

Deno.test("ignored options are reported, and their values are not operands", async () => {
  assertEquals(await parse("--old-flag", "x", "--old-value", "v", "--old-value=w", "y"), {
    ...nothing,
    operands: ["x", "y"],
    ignored: ["old-flag", "old-value"],
  });
  // A word that looks like an option is not taken as a value.
  assertEquals((await parse("--old-value", "--all")).flags, ["all"]);
});

Deno.test("-h in a word of letters asks for help only if every letter is a known option", () => {
  const asksForHelp = (args: readonly string[]) => readCommandLine(args, spec).kind === "help";
  for (const args of [["-h"], ["-ah"], ["--nonsense", "-bh"]]) {
    assertEquals(asksForHelp(args), true, args.join(" "));
  }
  for (const args of [["-hx", "y"], ["-ash.ts"], ["-n", "--", "-h"], ["--", "--help"]]) {
    assertEquals(asksForHelp(args), false, args.join(" "));
  }
});

for (
  const [args, message] of [
    [["--name"], "--name needs a value: NAME"],
    [["--name="], "--name needs a value: NAME"],
    [["--name", "--all"], "--name needs a value: NAME"],
    [["-n"], "--name needs a value: NAME"],
    [["--all=yes"], "--all takes no value"],
    [["--al"], "unknown option --al"],
    [["-ax"], "unknown option -x"],
    [["--constructor"], "unknown option --constructor"],
    [["--no-all=yes"], "unknown option --no-all"],
    [["--no-name"], "unknown option --no-name"],
  ] as const
) {
  Deno.test(`${args.join(" ")}: ${message}`, async () => {
    const error = await assertRejects(() => parse(...args), SessionctlError, message);
    assertEquals(error.code, "USAGE");
  });
}

Deno.test("an option that is not given comes from the environment, then from the config file", async () => {
  const options: CommandSpec["options"] = [
    { name: "all", type: "flag", env: "SCTL_TEST_ALL", summary: "" },
    { name: "name", type: "value", valueName: "NAME", env: "SCTL_TEST_NAME", summary: "" },
    { name: "tag", type: "list", valueName: "TAG", summary: "" },
  ];
  const settings = new Map<string, { value: boolean | readonly string[] }>([
    ["all", { value: true }],
    ["name", { value: ["file"] }],
    ["tag", { value: ["f", "g"] }],
  ]);
  const read = async (...args: string[]) => {
    const parsed = await parseArguments(args, { ...spec, options }, settings);
    return [parsed.flag("all"), parsed.value("name"), parsed.list("tag"), parsed.source("name")];
  };
  assertEquals(await read(), [true, "file", ["f", "g"], "file"]);
  assertEquals(await read("--no-all"), [false, "file", ["f", "g"], "file"]);
  assertEquals(await read("--name", "flag", "--tag=h"), [true, "flag", ["h"], "flag"]);
  Deno.env.set("SCTL_TEST_NAME", "environment");
  Deno.env.set("SCTL_TEST_ALL", "0");
  try {
    assertEquals(await read(), [false, "environment", ["f", "g"], "environment"]);
    assertEquals(await read("--name=flag", "--all"), [true, "flag", ["f", "g"], "flag"]);
  } finally {
    Deno.env.delete("SCTL_TEST_NAME");
    Deno.env.delete("SCTL_TEST_ALL");
  }
});

Deno.test("an operand outside its choices is named, with all choices", async () => {
  const choosy: CommandSpec = {
    ...spec,
    operands: [{ name: "SHELL", kind: ["bash", "zsh"] }, { name: "REST", arity: "any" }],
  };
  assertEquals((await parseArguments(["zsh", "tcsh"], choosy)).operands, ["zsh", "tcsh"]);
  const error = await assertRejects(
    () => Promise.try(parseArguments, ["tcsh"], choosy),
    SessionctlError,
    'SHELL cannot be "tcsh"',
  );
  assertEquals(error.hint?.includes("choose one of bash, zsh"), true, error.hint);
});

for (
  const [arity, wrong] of [
    ["one", [[], ["x", "y"]]],
    ["optional", [["x", "y"]]],
    ["any", []],
    ["some", [[]]],
  ] as const
) {
  Deno.test(`an operand with arity ${arity} takes no more and no fewer words`, async () => {
    const counted: CommandSpec = { ...spec, operands: [{ name: "THING", arity }] };
    for (const args of [[], ["x"], ["x", "y"]]) {
      const refused = await Promise.try(parseArguments, args, counted).then(
        () => false,
        () => true,
      );
      assertEquals(refused, wrong.some((one) => one.length === args.length), args.join(" "));
    }
  });
}
