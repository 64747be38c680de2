import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { checkConfig, configTemplate, settingsFor } from "../../src/cli/config/mod.ts";
import type { CommandSpec } from "../../src/cli/mod.ts";
import { parseDuration } from "../../src/cli/values.ts";
import { configFilePath, system } from "../../src/platform/mod.ts";
import { compiled, makeSandbox, run, type Sandbox, testProgram } from "../support/mod.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const spec: CommandSpec = {
  name: "try",
  summary: "",
  operands: [],
  options: [
    { name: "deep", type: "flag", summary: "" },
    { name: "name", type: "value", valueName: "NAME", summary: "" },
    { name: "tag", type: "list", valueName: "TAG", summary: "" },
    { name: "count", type: "value", valueName: "N", kind: "number", summary: "" },
    {
      ...{ name: "limit", type: "value", valueName: "TIME", kind: "duration", summary: "" },
      read: parseDuration,
    },
    { name: "place", type: "value", valueName: "FILE", kind: "file", summary: "" },
    { name: "colour", type: "value", valueName: "C", kind: ["red", "blue"], summary: "" },
  ],
  examples: [],
};
const other: CommandSpec = { ...spec, name: "other", options: [{ ...spec.options[1]! }] };

function configPath(sandbox: Sandbox): string {
  return sandbox.path("home/.config/sessionctl/config.jsonc");
}

function writeConfig(sandbox: Sandbox, text: string): string {
  const path = configPath(sandbox);
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeTextFileSync(path, text);
  Deno.chmodSync(path, 0o600);
  return path;
}

/** The settings of `try`, and the file's problems without its path. */
async function read(sandbox: Sandbox, text: string) {
  const path = writeConfig(sandbox, text);
  const { values, problems } = await settingsFor(path, spec, ["try", "other"]);
  return {
    values: Object.fromEntries([...values].map(([name, { value }]) => [name, value])),
    problems: problems.map(({ text }) => text.replace(`${path}:`, "")),
  };
}

Deno.test("a section sets a command's options and takes precedence over the top level", async () => {
  await using sandbox = await makeSandbox();
  const text = `{
    // for all
    "quiet": true, "json": false,
    "try": { "json": true, /* here */ "deep": true, "name": "x", "tag": ["a", "b"], },
    "other": { "name": "not ours", "wrong": "not looked at" },
  }`;
  assertEquals(await read(sandbox, text), {
    values: { quiet: true, json: true, deep: true, name: ["x"], tag: ["a", "b"] },
    problems: [],
  });
});

Deno.test("numbers and durations may be written as numbers, and paths may begin with the home directory", async () => {
  await using sandbox = await makeSandbox();
  const text =
    '{"try": {"count": 7, "limit": 2.5, "place": "/a b", "tag": "one", "colour": "red"}}';
  assertEquals((await read(sandbox, text)).values, {
    count: ["7"],
    limit: ["2.5"],
    place: ["/a b"],
    tag: ["one"],
    colour: ["red"],
  });
  const home = Deno.env.get("HOME");
  if (home) {
    assertEquals((await read(sandbox, '{"try": {"place": "~/x"}}')).values, {
      place: [`${home}/x`],
    });
  }
});

for (
  const [text, ...problems] of [
    ['{ "jsn": true }', '1:3: unknown name "jsn"'],
    ['{\n  "try": {\n    "nme": "x" } }', '3:5: try has no option "nme"'],
    ['{ "help": true }', '1:3: unknown name "help"'],
    ['{ "try": { "deep": "yes" } }', '1:20: "deep" must be true or false, not "yes"'],
    ['{ "try": { "name": 5 } }', '1:20: "name" must be a string, not 5'],
    ['{ "try": { "name": ["a"] } }', '1:20: "name" must be a string, not an array'],
    ['{ "try": { "name": "" } }', '1:20: "name" is empty; it needs a value: NAME'],
    [
      '{ "try": { "tag": [1] } }',
      '1:19: "tag" must be a string or an array of them, not 1',
    ],
    ['{ "try": { "count": "many" } }', '1:21: "count" must be a number, not "many"'],
    ['{ "try": { "limit": "1x" } }', '1:21: "limit" is wrong: it is not a duration: "1x"'],
    [
      '{ "try": { "place": "here" } }',
      '1:21: "place" must be an absolute path, or begin with ~/',
    ],
    ['{ "try": { "colour": "pink" } }', '1:22: "colour" must be one of red, blue, not "pink"'],
    ['{ "try": true }', '1:10: "try" must be an object of options: { ... }'],
    ['{ "json": true, "json": false }', '1:3: "json" is set again below'],
    ["[]", "1:1: the file must contain one object: { ... }"],
    ['{ "öäü😀": 1, "x": 2 }', '1:3: unknown name "öäü😀"', '1:14: unknown name "x"'],
    ['{ "json": true\r\n  "quiet": true }', "2:3: a comma is expected here"],
    ["{ 'json': true }", "1:3: this is not a value"],
  ] as const
) {
  Deno.test(`in ${JSON.stringify(text)}: ${problems[0]}`, async () => {
    await using sandbox = await makeSandbox();
    const found = (await read(sandbox, text)).problems;
    assertEquals(found.slice(0, problems.length), [...problems]);
  });
}

Deno.test("endless nesting is a problem, not a crash", async () => {
  await using sandbox = await makeSandbox();
  const { problems } = await read(sandbox, '{"try":'.padEnd(200_000, "["));
  assertEquals(problems.length > 0, true);
});

Deno.test("for an option of one command at the top level, the problem names its section", async () => {
  await using sandbox = await makeSandbox();
  const { problems } = await checkConfig(writeConfig(sandbox, '{ "deep": true }'), [spec, other]);
  assertEquals(
    problems.map(({ hint }) => hint),
    ['it is an option of try: "try": { "deep": ... }'],
  );
});

Deno.test("the template sets nothing, and is valid with all its lines uncommented", async () => {
  await using sandbox = await makeSandbox();
  const { commands } = await import("../../src/commands/mod.ts");
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  const specs = loaded.map(({ command }) => command.spec);
  const template = await configTemplate(specs);
  const asIs = await checkConfig(writeConfig(sandbox, template), specs);
  assertEquals([asIs.global.size, asIs.sections.size, asIs.problems], [0, 0, []]);
  const takenIn = template.replaceAll(/^( *)\/\/ ( *")/gm, "$1$2").replaceAll(
    /^ *\/\/ *},/gm,
    "},",
  );
  const { sections, problems } = await checkConfig(writeConfig(sandbox, takenIn), specs);
  assertEquals(problems.filter(({ text }) => /unknown name|has no option|expected/.test(text)), []);
  assert(sections.size > 5);
  // No value is a remark in words.
  assertEquals(/"(?:pid-file|timeout|name|shell)": "[^"]* [^"]*"/.exec(template), null);
});

Deno.test("an empty config file sets nothing", async () => {
  await using sandbox = await makeSandbox();
  for (const text of ["", " \n", "// later\n", "/* { */"]) {
    assertEquals(await read(sandbox, text), { values: {}, problems: [] });
  }
});

Deno.test("a file that SESSIONCTL_CONFIG names and that does not exist is reported, and stops serve", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("gone.jsonc");
  const call = (...args: string[]) =>
    run(shared, sandbox, { args, env: { SESSIONCTL_CONFIG: path } });
  const says = `${path} does not exist, but SESSIONCTL_CONFIG names it`;
  const lenient = await call("path", ".");
  assertEquals(lenient.code, 0);
  assertStringIncludes(lenient.stderr, says);
  const strict = await call("serve", "--no-state", "--idle-timeout", "1ms");
  assertEquals(strict.code, 2);
  assertStringIncludes(strict.stderr, says);
  assertEquals((await call("config")).code, 1);
  assertEquals((await call("config", "--init")).code, 0);
  assertEquals((await call("path", ".")).stderr, "");
});

Deno.test("a file that another user owns or can write, and a pipe, are not read", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using sandbox = await makeSandbox();
  const path = writeConfig(sandbox, '{ "quiet": true }');
  const problemOf = async () => (await settingsFor(path, spec, ["try"])).problems[0]?.text ?? "";
  assertEquals(await problemOf(), "");
  for (const mode of [0o620, 0o602, 0o666]) {
    Deno.chmodSync(path, mode);
    assertStringIncludes(await problemOf(), "can be written by others");
  }
  Deno.chmodSync(path, 0o600);
  if (Deno.uid() === 0) {
    Deno.chownSync(path, 4242, 4242);
    assertStringIncludes(await problemOf(), "belongs to another user (uid 4242)");
  }
  Deno.removeSync(path);
  await new Deno.Command("mkfifo", { args: [path] }).output();
  assertStringIncludes(await problemOf(), "is not a regular file");
});

Deno.test("a file that is not UTF-8, or endless, is not read", async () => {
  await using sandbox = await makeSandbox();
  const path = writeConfig(sandbox, "");
  const problemOf = async () => (await settingsFor(path, spec, ["try"])).problems[0]?.text ?? "";
  Deno.writeFileSync(path, new Uint8Array([0x7b, 0xff, 0x7d]));
  assertStringIncludes(await problemOf(), "is not UTF-8");
  Deno.writeFileSync(path, new Uint8Array(300 * 1024).fill(32));
  assertStringIncludes(await problemOf(), "is longer than 256 KiB");
});

Deno.test("the config file's path comes from SESSIONCTL_CONFIG, XDG_CONFIG_HOME, then the home directory", () => {
  const at = (variables: Record<string, string>, os: "linux" | "windows" = "linux") =>
    configFilePath({ ...system, os, uid: 1000, env: (name) => variables[name] });
  const home = { HOME: "/home/ann" };
  assertEquals(at(home), "/home/ann/.config/sessionctl/config.jsonc");
  assertEquals(at({ ...home, XDG_CONFIG_HOME: "/cfg" }), "/cfg/sessionctl/config.jsonc");
  assertEquals(
    at({ ...home, XDG_CONFIG_HOME: "relative" }),
    "/home/ann/.config/sessionctl/config.jsonc",
  );
  assertEquals(at({ ...home, SESSIONCTL_CONFIG: "/x.jsonc" }), "/x.jsonc");
  assertEquals(at({ ...home, SESSIONCTL_CONFIG: "none" }), undefined);
  assertEquals(at({ APPDATA: "C:\\A" }, "windows"), "C:\\A\\sessionctl\\config.jsonc");
});

testProgram(
  "a flag takes precedence over the environment, and the environment over the file",
  async (program) => {
    await using sandbox = await makeSandbox();
    const path = writeConfig(sandbox, '{\n "open": {\n "launch": "echo file", "strict": true } }');
    const launched = async (args: string[], env: Record<string, string> = {}) => {
      const all = ["open", ...args, "/nowhere/f"];
      return (await run(program, sandbox, { args: all, env })).stdout;
    };
    const SESSIONCTL_LAUNCH = "echo environment";
    assertEquals(await launched([]), "file /nowhere/f\n");
    assertEquals(await launched([], { SESSIONCTL_LAUNCH }), "environment /nowhere/f\n");
    const flag = ["--launch", "echo flag"];
    assertEquals(await launched(flag, { SESSIONCTL_LAUNCH }), "flag /nowhere/f\n");
    assertEquals(await launched(["--strict"], { SESSIONCTL_CONFIG: "none" }), "");
    const shown = await run(program, sandbox, { args: ["config", "--socket", "/s.sock"] });
    assertEquals(shown.code, 0, shown.stderr);
    assertMatch(shown.stdout, /^--socket +\/s\.sock +flag$/m);
    assertStringIncludes(
      shown.stdout.replaceAll(/ +/g, " "),
      `open --launch echo file ${path}:3\n`,
    );
  },
);

Deno.test("config --json names each value's source, and config COMMAND shows all its options", async () => {
  await using sandbox = await makeSandbox();
  const path = writeConfig(sandbox, '{ "verbose": true }');
  const env = { SESSIONCTL_SOCKET: "/env.sock" };
  const { stdout } = await run(shared, sandbox, { args: ["config", "open", "--json"], env });
  const shown = JSON.parse(stdout);
  assertEquals([shown.path, shown.exists, shown.problems], [path, true, []]);
  const of = (name: string) =>
    shown.values.find(({ option }: { option: string }) => option === name);
  assertEquals(of("socket"), {
    command: "open",
    option: "socket",
    value: "/env.sock",
    source: "environment",
    from: "SESSIONCTL_SOCKET",
  });
  assertEquals(of("verbose").from, `${path}:1`);
  assertEquals([of("launch").value, of("launch").source], [null, "unset"]);
});

Deno.test("a broken file does not stop open and is reported once on stderr, but stops serve", async () => {
  await using sandbox = await makeSandbox();
  const path = writeConfig(sandbox, '{ "open": { "launch": "echo", "strct": true } }');
  const opened = await run(compiled, sandbox, { args: ["open", "--strict", "/nowhere/f"] });
  assertEquals([opened.code, opened.stdout], [0, "/nowhere/f\n"]);
  assertEquals(
    opened.stderr,
    `sessionctl: ignored in the config file: ${path}:1:31: open has no option "strct"\n`,
  );
  writeConfig(sandbox, '{ "serve": { "no-state": true, } oops');
  const served = await run(compiled, sandbox, { args: ["serve"] });
  assertEquals([served.code, served.stdout], [2, ""]);
  assertStringIncludes(served.stderr, `${path}:1:34: `);
  const checked = await run(compiled, sandbox, { args: ["config"] });
  assertEquals(checked.code, 1);
});

Deno.test("--no-NAME unsets a flag of the file, and --state overrides its no-state", async () => {
  await using sandbox = await makeSandbox();
  writeConfig(sandbox, '{ "json": true, "serve": { "state": "/nowhere/x.db" } }');
  const json = await run(compiled, sandbox, { args: ["path", "/"] });
  assertEquals(JSON.parse(json.stdout).workspace, "/");
  const plain = await run(compiled, sandbox, { args: ["path", "--no-json", "/"] });
  assertMatch(plain.stdout, /^\/.*\n$/);
  const served = await run(compiled, sandbox, {
    args: ["serve", "--no-state", "--upstream", "x" + "y".repeat(200)],
  });
  assertStringIncludes(served.stderr, "--upstream is"); // No conflict of --state and --no-state.
});

Deno.test("the template offers the options that suit every call, and none that apply to one call", async () => {
  await using sandbox = await makeSandbox();
  const config = (...args: string[]) => run(shared, sandbox, { args: ["config", ...args] });
  assertEquals((await config("--init")).code, 0);
  const template = Deno.readTextFileSync(configPath(sandbox));
  for (const name of ["version", "diff", "install-extension", "dry-run", "relaunch"]) {
    assertEquals(template.includes(`"${name}":`), false, name);
  }
  for (const name of ["launch", "new-window", "wait", "prune-interval", "json"]) {
    assertStringIncludes(template, `"${name}":`);
  }
  // Every line that the template offers is allowed in the file.
  const uncommented = template.replace(/^ {2}\/\/ (\s*"|\})/gm, "  $1");
  await Deno.writeTextFile(configPath(sandbox), uncommented);
  const { stderr } = await config();
  assertEquals(/cannot be set|has no option|unknown name|is not JSON/.test(stderr), false, stderr);
});

Deno.test("an option for a single call is refused in the file, with a hint where it belongs", async () => {
  await using sandbox = await makeSandbox();
  writeConfig(sandbox, '{ "open": { "version": true, "wait": true }, "run": { "stop": "x" } }');
  const { code, stderr } = await run(shared, sandbox, { args: ["config"] });
  assertEquals(code, 1);
  assertStringIncludes(stderr, '"version" cannot be set here, because it only applies to one call');
  assertStringIncludes(stderr, "sessionctl run --stop");
  assertEquals(stderr.includes('"wait"'), false);
});

Deno.test("config --init writes a template once, readable only by its owner, and --path prints its path", async () => {
  await using sandbox = await makeSandbox();
  const config = (...args: string[]) => run(shared, sandbox, { args: ["config", ...args] });
  assertEquals((await config("--path")).stdout, `${configPath(sandbox)}\n`);
  assertEquals((await config("--init")).code, 0);
  assertEquals(Deno.statSync(configPath(sandbox)).mode! & 0o777, 0o600);
  assertEquals((await config()).code, 0);
  const again = await config("--init");
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, "already exists");
});
