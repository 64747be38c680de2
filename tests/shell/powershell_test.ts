import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hookText } from "../../src/shell/mod.ts";
import { backgroundOf } from "../background/support.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { compiled, makeSandbox, run, type Sandbox, startEditor } from "../support/mod.ts";
import { powershellParser, syntaxErrors, type SyntaxNode, valueOf } from "../support/powershell.ts";
import { withProgramOnPath } from "./support.ts";

/** Folders of programs, as users' names make them. */
const FOLDERS = [
  "C:\\Users\\ann\\bin",
  "C:\\Program Files\\sessionctl",
  "C:\\Users\\Jürgen O'Neil",
  "C:\\a $HOME $(calc) `b` ; # & | {c}",
  "\\\\server\\share\\日本 🎉 ‘x’",
  '/home/ann/it\'s "so"',
];

const strings = (script: SyntaxNode) => script.descendantsOfType("string_literal").map(valueOf);

Deno.test("the hook for PowerShell is PowerShell, whatever the program's path", async () => {
  const parse = await powershellParser();
  for (const folder of FOLDERS) {
    for (const on of [false, true]) {
      const program = `${folder}\\sessionctl.exe`;
      const editor = on ? `'${folder}' open --wait` : undefined;
      const options = { program, start: on, code: on, editor, browser: editor };
      const text = hookText("powershell", options);
      const script = parse(text);
      assertEquals(syntaxErrors(script), [], text);
      assertMatch(text, /^\p{ASCII}*$/u);
      // Twice to see whether it is there, and to run it: `add`, completions, `code` twice.
      assertEquals(strings(script).filter((each) => each === program).length, on ? 7 : 4);
      assertEquals(strings(script).filter((each) => each === editor).length, on ? 4 : 0);
    }
  }
});

Deno.test("completions powershell prints PowerShell", async () => {
  await using sandbox = await makeSandbox();
  const { code, stdout } = await run(compiled, sandbox, { args: ["completions", "powershell"] });
  assertEquals(code, 0);
  const script = (await powershellParser())(stdout);
  assertEquals(syntaxErrors(script), []);
  assertEquals(strings(script).slice(0, 3), ["sessionctl", "SilentlyContinue", "sessionctl"]);
});

interface Answer {
  readonly candidates: readonly { text: string; shown: string; what: string }[];
  readonly files: string;
  readonly typed: string;
}

/** What PowerShell's completer is told of a line, the last word of which is being typed. */
async function complete(sandbox: Sandbox, ...words: string[]): Promise<Answer> {
  const env = { SESSIONCTL_WORDS: ["sessionctl", ...words].join("\n") };
  const { code, stdout, stderr } = await run(compiled, sandbox, {
    args: ["__complete", "words"],
    env,
  });
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^\p{ASCII}*$/u);
  return JSON.parse(stdout);
}

Deno.test("PowerShell is offered commands, options and values, as the specs have them", async () => {
  await using sandbox = await makeSandbox();
  const texts = async (...words: string[]) =>
    (await complete(sandbox, ...words)).candidates.map(({ text }) => text);
  const cases: [words: string[], expected: string[]][] = [
    [["complet"], ["completions"]],
    [["COMPLET"], ["completions"]],
    [["help", "wat"], ["watch"]],
    [["--json", "list", "--verb"], ["--verbose"]],
    [["--socket", "/x", "pat"], ["path"]],
    [["path", "--platform", "dar"], ["darwin"]],
    [["path", "--platform=dar"], ["--platform=darwin"]],
    [["init", "po"], ["powershell"]],
    [["relay", "conn"], ["connect"]],
    [["relay", "connect", "--server-na"], ["--server-name"]],
    [["open", "--", "--dif"], []],
    [["run", "cat", "--sto"], []],
    [["nonsense", "--verb"], []],
    [["--vers"], ["--version"]],
  ];
  for (const [words, expected] of cases) {
    assertEquals(await texts(...words), expected, words.join(" "));
  }
  const [option] = (await complete(sandbox, "open", "--dif")).candidates;
  assertEquals([option!.text, option!.what], ["--diff", "Compare two files: A B"]);
});

Deno.test("PowerShell also completes file names where they are possible", async () => {
  await using sandbox = await makeSandbox();
  const files = async (...words: string[]) => (await complete(sandbox, ...words)).files;
  assertEquals(await files("open", "rea"), "all");
  assertEquals(await files("open", "./rea"), "all");
  assertEquals(await files("path", ""), "folders");
  assertEquals(await files("run", "ca"), "programs");
  assertEquals(await files("run", "cat", "rea"), "all");
  assertEquals(await files("list", ""), "none");
  assertEquals(await files("init", "bash", "--rc=x"), "none");
});

Deno.test("PowerShell is offered windows and folders, quoted where it needs that", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  const { socketPath } = await startEditor(sandbox);
  const folder = "/it's $(calc) ü";
  await register(server.socket, socketPath, folder, "/plain");
  const windows = (await complete(sandbox, "open", "--to", "")).candidates;
  assertEquals(windows.map(({ text }) => text), [socketPath]);
  assertEquals(windows[0]!.what, `${folder}, /plain`);
  const parse = await powershellParser();
  const [odd, plain] = (await complete(sandbox, "path", "/")).candidates;
  const [word] = parse(`& 'x' ${odd!.text}`).descendantsOfType("string_literal").slice(1);
  assertEquals([valueOf(word!), odd!.shown, plain!.text], [folder, folder, "/plain"]);
});

Deno.test("under the name code, PowerShell is offered the options of open", async () => {
  await using sandbox = await makeSandbox();
  for (const program of ["code", "C:\\bin\\code.exe"]) {
    const { stdout } = await run(compiled, sandbox, {
      args: ["__complete", "words"],
      env: { SESSIONCTL_WORDS: `${program}\n--dif` },
    });
    assertEquals(JSON.parse(stdout).candidates[0].text, "--diff");
  }
});

Deno.test("init powershell --install writes the hook, and a line in the profile", async () => {
  await using sandbox = await withProgramOnPath(await makeSandbox());
  // `--start` starts a registry, which ends with the sandbox.
  const registry = backgroundOf(sandbox, compiled);
  const init = (...args: string[]) => registry.run("init", "powershell", ...args);
  const hook = sandbox.path("home/.local/share/sessionctl/init.ps1");
  const profile = sandbox.path("home/.config/powershell/Microsoft.PowerShell_profile.ps1");
  const installed = await init("--install", "--start", "--code", "--editor");
  assertEquals(installed.code, 0, installed.stderr);
  assertStringIncludes(installed.stderr, `wrote the hook: ${hook}`);
  const line = await Deno.readTextFile(profile);
  const file = "($HOME + '/.local/share/sessionctl/init.ps1')";
  assertEquals(line, `if (Test-Path -LiteralPath ${file}) { . ${file} } # sessionctl init\n`);
  assertEquals(syntaxErrors((await powershellParser())(line)), []);
  const bytes = await Deno.readFile(hook);
  assertEquals([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf], "the mark of UTF-8");
  assertStringIncludes(
    (await init("--install", "--start", "--code", "--editor")).stderr,
    "already",
  );
  const env = { SHELL: "/usr/bin/pwsh" };
  const doctor = await run(compiled, sandbox, { args: ["doctor"], env });
  assertStringIncludes(doctor.stdout, `${profile} has the hook`);
  await init("--uninstall");
  assertEquals(await Deno.readTextFile(profile), "");
  assert(!await Deno.stat(hook).then(() => true, () => false));
});

Deno.test("env --shell powershell and pwsh print the same", async () => {
  await using sandbox = await makeSandbox();
  const env = (shell: string) =>
    run(compiled, sandbox, { args: ["env", "--strict", "--shell", shell] });
  const [first, second] = [await env("powershell"), await env("pwsh")];
  assertEquals(first, second);
  assertStringIncludes(first.stdout, "Remove-Item Env:");
});
