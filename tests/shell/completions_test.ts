import { assertEquals, assertStringIncludes } from "@std/assert";
import { commands } from "../../src/commands/mod.ts";
import { hookText } from "../../src/shell/mod.ts";
import { makeLink } from "../links/support.ts";
import { ask, register, startServer } from "../registry/serve_support.ts";
import {
  compiled,
  makeSandbox,
  run,
  type Sandbox,
  startEditor,
  writeExecutables,
} from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { sharedProcess } from "../support/shared_process.ts";
import { childOf, startRun } from "../run/support.ts";
import { Pane } from "./pane.ts";
import { runCommand, type Shell, SHELLS, testShells, testWith, which } from "./support.ts";

const shared = await sharedProcess();

const scripts = new Map<Shell, Promise<string>>();

/** The completion script that the compiled program prints for a shell. */
function completionScript(shell: Shell): Promise<string> {
  const script = scripts.get(shell) ?? printScript(shell);
  scripts.set(shell, script);
  return script;
}

async function printScript(shell: Shell): Promise<string> {
  await using sandbox = await makeSandbox();
  return (await run(compiled, sandbox, { args: ["completions", shell] })).stdout;
}

/** A sessionctl that answers completions and otherwise records its arguments. */
async function installRecorder(sandbox: Sandbox): Promise<() => Promise<string[][]>> {
  const log = sandbox.path("calls");
  await Deno.mkdir(sandbox.path("bin"));
  await writeExecutables({
    [sandbox.path("bin/sessionctl")]: `#!/bin/sh
case "$*" in "__complete "* | "completions "*) exec '${compiled.command}' "$@" ;; esac
printf '%s\\0' "$@" END >>'${log}'
`,
  });
  sandbox.env.PATH = `${sandbox.path("bin")}:${sandbox.env.PATH}`;
  return async () => {
    const text = await Deno.readTextFile(log).catch(() => "");
    return text.split("END\0").slice(0, -1).map((call) => call.split("\0").slice(0, -1));
  };
}

const START: Record<Shell, string> = {
  bash: 'eval "$(sessionctl completions bash)"\n',
  zsh: "autoload -Uz compinit; compinit -u -D; source <(sessionctl completions zsh)\n",
  fish: "sessionctl completions fish | source\n",
};

async function startPane(
  sandbox: Sandbox,
  shell: Shell,
  start = START[shell],
): Promise<Pane> {
  const rc = sandbox.path("home", ".zshrc");
  await Deno.writeTextFile(rc, start);
  const pane = new Pane(sandbox);
  await pane.start(shell, rc, sandbox.path("project"), {
    ...sandbox.env,
    TERM: "xterm-256color",
    LC_ALL: Deno.build.os === "linux" ? "C.UTF-8" : "en_US.UTF-8",
    ZDOTDIR: sandbox.path("home"),
  });
  return pane;
}

testShells("Tab completes what the specs declare, and what exists at the moment", async (shell) => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("project/sub folder"), { recursive: true });
  await Deno.writeTextFile(sandbox.path("project/read me.txt"), "");
  const server = await startServer(sandbox);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("window-7.sock") });
  const known = sandbox.path("project/known folder");
  await Deno.mkdir(known);
  await register(server.socket, editor.socketPath, "/nowhere/at/all", known);
  await makeLink(server.socket, "machine-7", "ssh-remote+machine-7");
  startRun(sandbox, ["--name", "editor_1", "--", "sleep", "600"]);
  await childOf(sandbox, "editor_1");
  const calls = await installRecorder(sandbox);
  await Deno.writeTextFile(sandbox.path("bin/odd-program"), "#!/bin/sh\n", { mode: 0o755 });
  const pane = await startPane(sandbox, shell);
  const cases: Case[] = [
    ["complet", "completions"],
    ["help wat", "watch"],
    ["list --verb", "--verbose"],
    ["--json list --verb", "list", "--verbose"],
    ["--socket /x wat", "/x", "watch"],
    ["path --platform dar", "--platform", "darwin"],
    ["init fi", "fish"],
    ["extensions uni", "uninstall"],
    ["open rea", "read me.txt"],
    ["open machi", "machine-7:"],
    ["ssh machi", "machine-7"],
    ["open --wait -- rea", "--wait", "--", "read me.txt"],
    ["path su", "sub folder"],
    [`remove ${sandbox.path("window-")}`, editor.socketPath],
    [`open --to ${sandbox.path("window-")}`, "--to", editor.socketPath],
    ["call --workspace /nowh", "--workspace", "/nowhere/at/all"],
    [`path ${sandbox.path("project/kno")}`, known],
    ["find /nowh", "/nowhere/at/all"],
    ["find rea", "read me.txt"],
    ["relay --session /nowh", "--session", "/nowhere/at/all"],
    ["relay conn", "connect"],
    ["relay connect --server-na", "connect", "--server-name"],
    ["relay connect --log conn", "connect", "--log", "connections"],
    ["run -- odd-prog", "--", "odd-program"],
    ["run odd-prog", "odd-program"],
    ["run cat rea", "cat", "read me.txt"],
    ["open --launch odd-prog", "--launch", "odd-program"],
    ["run --stop edi", "--stop", "editor_1"],
    ["run --relaunch edi", "--relaunch", "editor_1"],
  ];
  await typeAll(pane, calls, cases);
}, ["tmux"]);

testWith(
  ["tmux", "zsh"],
  "zsh offers no option that another one on the line excludes",
  async () => {
    await using sandbox = await makeSandbox();
    await Deno.mkdir(sandbox.path("project"));
    const calls = await installRecorder(sandbox);
    const pane = await startPane(sandbox, "zsh");
    await typeAll(pane, calls, [
      ["open --dif", "--diff"],
      ["open --merge --dif", "--merge", "--dif"],
      ["relay --self-signed --clie", "--self-signed", "--client-ca"],
      ["relay --self-signed --cer", "--self-signed", "--cer"],
    ]);
  },
);

testShells("the hook alone makes Tab complete sessionctl and code", async (shell) => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("project"));
  const calls = await installRecorder(sandbox);
  const program = sandbox.path("bin/sessionctl");
  const options = { program, start: false, code: true, editor: undefined, browser: undefined };
  const before = shell === "zsh" ? "autoload -Uz compinit; compinit -u -D\n" : "";
  const pane = await startPane(sandbox, shell, before + hookText(shell, options));
  await typeAll(pane, calls, [["init fi", "fish"], ["list --verb", "--verbose"]]);
  await typeAll(pane, calls, [["--dif", "--diff"], ["--wai", "--wait"]], "code");
}, ["tmux"]);

type Case = readonly [typed: string, ...expected: string[]];

/** Types each line followed by Tab, and compares the words that the program is called with. */
async function typeAll(
  pane: Pane,
  calls: () => Promise<string[][]>,
  cases: readonly Case[],
  program = "sessionctl",
): Promise<void> {
  for (const [typed, ...expected] of cases) {
    const command = typed.split(" ")[0]!;
    const before = (await calls()).length;
    const keys = ["send-keys", "Tab", ";", "send-keys", "Enter"];
    await pane.tmux("send-keys", "-l", `${program} ${typed}`, ";", ...keys);
    let call: string[] | undefined;
    await pane.until(`the call of ${typed}`, async () => {
      call = (await calls())[before];
      return call !== undefined;
    });
    const first = program === "code" ? "open" : command;
    const whole = command === "complet" ? expected : [first, ...expected];
    // zsh removes the trailing slash of a folder.
    assertEquals(call!.map((word) => word.replace(/(.)\/$/, "$1")), whole, typed);
  }
}

/** The words that bash offers for a line whose last word is being typed. */
async function offeredByBash(sandbox: Sandbox, words: readonly string[]): Promise<string[]> {
  const script = `compopt() { :; }; eval "$SCRIPT"
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _sessionctl '${compiled.command}'
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { code, stdout, stderr } = await runCommand(sandbox, "bash", [
    ...["--norc", "-c", script, "bash", "sessionctl", ...words],
  ], { env: { SCRIPT: await completionScript("bash") } });
  assertEquals([code, stderr], [0, ""], words.join(" "));
  return stdout.split("\n").filter((line) => line !== "");
}

Deno.test("bash completes every command and option that is not hidden", async () => {
  await using sandbox = await makeSandbox();
  const specs = await Promise.all(Object.values(commands).map((load) => load()));
  const visible = specs.map(({ command }) => command.spec).filter(({ hidden }) => !hidden);
  const names = visible.map(({ name }) => name).filter((name) => !name.includes(" "));
  assertEquals(await offeredByBash(sandbox, [""]), [...names, "help", "--help", "--version"]);
  const chosen = visible.filter(({ name }) => ["open", "relay", "relay connect"].includes(name));
  for (const { name, options } of chosen) {
    const offered = await offeredByBash(sandbox, [...name.split(" "), "-"]);
    for (const option of options) {
      assertEquals(offered.includes(`--${option.name}`), !option.hidden, option.name);
    }
    assertEquals(offered.includes("--socket"), true);
  }
  assertEquals(await offeredByBash(sandbox, ["relay", "c"]), ["connect"]);
});

Deno.test("bash completes a value's choices after a space and after an equals sign", async () => {
  await using sandbox = await makeSandbox();
  const schemes = ["adr", "vscode-mcp"];
  assertEquals(await offeredByBash(sandbox, ["--json", "path", "--scheme", ""]), schemes);
  assertEquals(await offeredByBash(sandbox, ["--socket", "=", "/x", "-q", "pat"]), ["path"]);
  assertEquals(await offeredByBash(sandbox, ["--verb"]), ["--verbose"]);
  assertEquals(await offeredByBash(sandbox, ["path", "--scheme", ""]), schemes);
  assertEquals(await offeredByBash(sandbox, ["path", "--scheme", "="]), schemes);
  assertEquals(await offeredByBash(sandbox, ["path", "--scheme", "=", "v"]), ["vscode-mcp"]);
  assertEquals(await offeredByBash(sandbox, ["init", "--rc", "=", "x", "z"]), ["zsh"]);
  assertEquals(await offeredByBash(sandbox, ["path", "--app", ""]), []);
});

Deno.test("a window's folder that exists on disk is offered once", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  const folder = sandbox.path("known folder");
  await Deno.mkdir(folder);
  await register(server.socket, (await startEditor(sandbox)).socketPath, folder);
  const typed = sandbox.path("known");
  for (const words of [["path", typed], ["find", typed], ["relay", "--session", typed]]) {
    assertEquals(await offeredByBash(sandbox, words), [folder]);
  }
  for (const line of ["path", "find"]) {
    if (which("fish") === undefined) continue;
    const script = `'${compiled.command}' completions fish | source; ` +
      `set -g __sessionctl_path '${compiled.command}'; complete -C 'sessionctl ${line} ${typed}'`;
    const { stdout } = await runCommand(sandbox, "fish", ["--no-config", "-c", script]);
    const offered = stdout.trimEnd().split("\n").map((each) => each.split("\t")[0]);
    assertEquals(offered, [`${folder}/`]);
  }
});

Deno.test("words offered to bash stay literal, whatever they contain", async () => {
  await using sandbox = await makeSandbox();
  for (const name of ["a*", "ab"]) await Deno.mkdir(sandbox.path(name));
  assertEquals((await offeredByBash(sandbox, ["path", "a"])).toSorted(), ["a*", "ab"]);
  const server = await startServer(sandbox);
  const path = sandbox.path("x$(touch y).sock");
  await register(server.socket, path, "/work");
  const offered = await offeredByBash(sandbox, ["remove", sandbox.path("x")]);
  assertEquals(offered, [path.replace(/[$() ]/g, "\\$&")]);
});

testWith(["fish"], "fish gets descriptions, and none of another command's", async () => {
  await using sandbox = await makeSandbox();
  const offered = async (line: string) => {
    const { stdout, stderr } = await runCommand(sandbox, "fish", [
      ...["--no-config", "-c", `echo $SCRIPT | source; complete -C '${line}'`],
    ], { env: { SCRIPT: await completionScript("fish") } });
    assertEquals(stderr, "");
    return stdout.trimEnd().split("\n");
  };
  assertEquals(await offered("sessionctl pru"), [
    "prune\tRemove dead windows and, with --files, their socket files",
  ]);
  // A file with the name of a command is not a command.
  assertEquals((await offered("sessionctl open prune --dr")).map((line) => line.split("\t")[0]), [
    "--dry-run",
  ]);
  assertEquals(await offered("sessionctl open prune --fil"), [
    "--file-uri\tOpen a file by its URI",
  ]);
});

for (const shell of SHELLS) {
  testWith([shell], `${shell} accepts its completion script without complaints`, async () => {
    await using sandbox = await makeSandbox();
    await Deno.writeTextFile(sandbox.path("script"), await completionScript(shell));
    const { code, stderr } = await runCommand(sandbox, shell, ["-n", sandbox.path("script")]);
    assertEquals([code, stderr], [0, ""]);
  });
}

Deno.test("known sessions are offered except dead ones, and none without a registry", async () => {
  await using sandbox = await makeSandbox();
  const known = (kind: string, ...args: string[]) =>
    run(shared, sandbox, { args: ["__complete", kind, ...args] });
  assertEquals(await known("session"), { code: 0, stdout: "", stderr: "" });
  const server = await startServer(sandbox);
  const [live, dead] = [await startEditor(sandbox), sandbox.path("dead.sock")];
  await register(server.socket, live.socketPath, "/a b", "/c");
  await register(server.socket, dead, "/d");
  await ask(server.socket, "/v1/sessions?probe=1");
  assertEquals((await known("session")).stdout, `${live.socketPath}\t/a b, /c\n`);
  assertEquals((await known("window")).stdout, `${live.socketPath}\t/a b, /c\n`);
  await startDesktop(sandbox, { dataName: "Cursor" });
  const windows = (await known("window")).stdout;
  assertEquals(windows, `${live.socketPath}\t/a b, /c\ncursor\tCursor on the desktop\n`);
  assertEquals((await known("session")).stdout, `${live.socketPath}\t/a b, /c\n`);
  const folders = JSON.parse((await known("directory", "--json")).stdout);
  assertEquals(folders, ["/a b", "/c"]);
  assertStringIncludes((await known("socket")).stdout, `${live.socketPath}\t/a b, /c\n`);
  // Texts that a shell would split, or worse.
  await register(server.socket, live.socketPath, "/a b", "/e\nf", "/\x1b[2J");
  assertEquals((await known("directory")).stdout, "/a b\tfolder of a window\n");
  assertEquals(await known("run"), { code: 0, stdout: "", stderr: "" });
  startRun(sandbox, ["--name", "a.1", "--", "sh", "-c", "sleep 600 #\n\tnext"]);
  await childOf(sandbox, "a.1");
  assertEquals((await known("run")).stdout, "a.1\tsh -c sleep 600 #\\n\\tnext\n");
});
