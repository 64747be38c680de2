import { assertEquals, assertStringIncludes } from "@std/assert";
import { type HookOptions, hookText } from "../../src/shell/mod.ts";
import { backgroundOf } from "../background/support.ts";
import { sessionsOf, startServer } from "../registry/serve_support.ts";
import { compiled, makeSandbox, type Sandbox, startEditor, until } from "../support/mod.ts";
import {
  ODD_NAMES,
  recordingProgram,
  runCommand,
  runOnTerminal,
  runShell,
  type Shell,
  testShells,
  testWith,
  withProgramOnPath,
} from "./support.ts";

const everything = {
  start: false,
  code: true,
  editor: "my editor --wait",
  browser: "my browser %s",
};
const nothing = { start: false, code: false, editor: undefined, browser: undefined };

function hook(shell: Shell, options: Partial<HookOptions> & { program: string }): string {
  return hookText(shell, { ...nothing, ...options });
}

const terminal = (socketPath: string) => ({
  TERM: "xterm-256color",
  TERM_PROGRAM: "vscode",
  VSCODE_IPC_HOOK_CLI: socketPath,
});

testShells(
  "an integrated terminal registers its window with the folder it starts in",
  async (shell) => {
    await using sandbox = await makeSandbox();
    const server = await startServer(sandbox);
    const editor = await startEditor(sandbox);
    const folder = sandbox.path('it\'s a "földer"');
    await Deno.mkdir(folder);
    const pipe = sandbox.path("pipe");
    await runCommand(sandbox, "mkfifo", [pipe]);
    const shown = runOnTerminal(
      sandbox,
      shell,
      hook(shell, { program: compiled.command }),
      // The terminal stays until we open the FIFO.
      `echo ready; timeout 30 cat ${pipe}`,
      { env: terminal(editor.socketPath), cwd: folder },
    );
    await until(
      "the window is registered",
      async () => (await sessionsOf(server.socket)).length > 0,
    );
    await Deno.writeTextFile(pipe, "");
    assertEquals(await shown, "ready\n");
    const [session] = await sessionsOf(server.socket);
    assertEquals(
      [session!.socketPath, session!.source, session!.kind],
      [editor.socketPath, "hook", "vscode"],
    );
    assertEquals(session!.workspace, { folders: [{ uri: { scheme: "file", path: folder } }] });
  },
  ["script"],
);

/** Shell settings that users make before the hook is sourced. */
const habits: Record<string, Partial<Record<Shell, string>>> = {
  "errexit and nounset": { bash: "set -eu\n", zsh: "setopt errexit nounset\n" },
  "an ERR trap": { bash: "trap 'echo trapped' ERR\n", zsh: "trap 'echo trapped' ZERR\n" },
  "job control and notify": { bash: "set -mb\n", zsh: "setopt monitor notify bgnice\n" },
  "posix mode": { bash: "set -o posix\n", zsh: "setopt shwordsplit ksharrays\n" },
  "an alias called code": {
    bash: "alias code='echo alias'\n",
    zsh: "alias code='echo alias'\n",
    fish: "alias code='echo alias'\n",
  },
};

testShells("the hook prints nothing and does not fail under any shell settings", async (shell) => {
  await using sandbox = await makeSandbox();
  const program = await recordingProgram(sandbox);
  const text = hook(shell, { program: program.path, ...everything });
  const env = terminal(sandbox.path("no.sock"));
  for (const [name, setting] of Object.entries(habits)) {
    const before = setting[shell];
    if (before === undefined) continue;
    const undo = before.startsWith("trap") ? "" : "\n";
    const shown = await runOnTerminal(sandbox, shell, before + text + undo, "echo ready", { env });
    assertEquals(shown, "ready\n", name);
  }
}, ["script"]);

testShells(
  "the hook stays silent without a program, a HOME or a writable directory",
  async (shell) => {
    await using sandbox = await makeSandbox();
    const env = terminal(sandbox.path("no.sock"));
    const gone = hook(shell, { program: sandbox.path("gone"), ...everything });
    const real = hook(shell, { program: compiled.command, ...everything });
    const readOnly = sandbox.path("read-only");
    await Deno.mkdir(readOnly, { mode: 0o500 });
    for (const bare of [{ bare: true, env }, { env: { ...env, HOME: readOnly } }]) {
      assertEquals(await runOnTerminal(sandbox, shell, gone, "echo ready", bare), "ready\n");
      assertEquals(await runOnTerminal(sandbox, shell, real, "echo ready", bare), "ready\n");
    }
  },
  ["script"],
);

Deno.test("the hook does nothing in a restricted bash", async () => {
  await using sandbox = await makeSandbox();
  const rc = sandbox.path("rc");
  const text = hook("bash", { program: compiled.command, ...everything });
  await Deno.writeTextFile(rc, text);
  const result = await runShell(sandbox, "bash", `${text}echo ready`, {
    args: ["--noprofile", "--norc", "-r"],
    env: terminal(sandbox.path("no.sock")),
  });
  assertEquals(result, { code: 0, stdout: "ready\n", stderr: "" });
});

testShells(
  "the hook registers nothing in a plain terminal, tmux, screen, or a registered terminal",
  async (shell) => {
    await using sandbox = await makeSandbox();
    const program = await recordingProgram(sandbox);
    const text = hook(shell, { program: program.path });
    const socket = sandbox.path("window.sock");
    const terminals: Record<string, string>[] = [
      {},
      { TERM_PROGRAM: "vscode" },
      { VSCODE_IPC_HOOK_CLI: socket },
      { VSCODE_IPC_HOOK_CLI: socket, TERM_PROGRAM: "tmux" },
      { ...terminal(socket), TMUX: "/tmp/tmux-0/default,1,0" },
      { ...terminal(socket), STY: "1.pts-0" },
      { ...terminal(socket), SESSIONCTL_TERMINAL: socket },
    ];
    for (const env of terminals) {
      assertEquals((await runShell(sandbox, shell, text, { env })).stderr, "");
    }
    // An earlier registration would come before this one.
    await runShell(sandbox, shell, text, { env: terminal(socket) });
    await until("the program was called", async () => (await program.calls()).length > 0);
    assertEquals(await program.calls(), [["add", "--terminal"]]);
  },
);

testWith(
  ["bash", "script"],
  "with start, the hook starts the registry in which it registers the window",
  async () => {
    await using sandbox = await makeSandbox();
    const registry = backgroundOf(sandbox, compiled);
    const editor = await startEditor(sandbox);
    const text = hook("bash", { program: compiled.command, start: true });
    const env = { ...terminal(editor.socketPath), SESSIONCTL_SOCKET: registry.socket };
    assertEquals(await runOnTerminal(sandbox, "bash", text, "echo ready", { env }), "ready\n");
    await until("the window is registered", async () => {
      const { stdout } = await registry.run("list", "--json");
      return stdout.includes(editor.socketPath);
    });
    assertEquals((await registry.run("stop", "--socket", registry.socket)).code, 0);
  },
);

testShells("a shell inside the terminal's shell does not register it again", async (shell) => {
  await using sandbox = await makeSandbox();
  const program = await recordingProgram(sandbox);
  const rc = sandbox.path("rc");
  await Deno.writeTextFile(rc, hook(shell, { program: program.path }));
  const inner = `cd /; ${shell} -c '. ${rc}; echo inner'`;
  const { stdout } = await runShell(sandbox, shell, `. ${rc}; ${inner}`, {
    env: terminal(sandbox.path("window.sock")),
  });
  assertEquals(stdout, "inner\n");
  await until("the program was called", async () => (await program.calls()).length > 0);
  assertEquals((await program.calls()).length, 1);
});

testShells("code passes every argument on unchanged", async (shell) => {
  await using sandbox = await makeSandbox();
  const program = await recordingProgram(sandbox, "it's my program");
  const args = ["--", "-g", "", ...ODD_NAMES];
  const rc = sandbox.path("rc");
  await Deno.writeTextFile(rc, hook(shell, { program: program.path, code: true }));
  const words = shell === "fish" ? "$argv" : '"$@"';
  const { code, stderr } = await runCommandWithArguments(
    sandbox,
    shell,
    `. ${rc}; code ${words}`,
    args,
  );
  assertEquals([code, stderr], [0, ""]);
  assertEquals(await program.calls(), [["open", ...args]]);
});

async function runCommandWithArguments(
  sandbox: Sandbox,
  shell: Shell,
  script: string,
  args: readonly string[],
) {
  const first = shell === "fish" ? ["--"] : [shell];
  const bare = { bash: ["--norc"], zsh: ["-f"], fish: ["--no-config"] }[shell];
  const { code, stderr } = await new Deno.Command(shell, {
    args: [...bare, "-c", script, ...first, ...args],
    env: sandbox.env,
    clearEnv: true,
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

testShells(
  "EDITOR, VISUAL, GIT_EDITOR and BROWSER are set for programs if requested",
  async (shell) => {
    await using sandbox = await makeSandbox();
    const variables = "env | grep -E '^(EDITOR|VISUAL|GIT_EDITOR|BROWSER)=' | sort";
    const set = await runShell(
      sandbox,
      shell,
      hook(shell, { program: "/bin/sh", ...everything }) + variables,
    );
    assertEquals(
      set.stdout,
      "BROWSER=my browser %s\nEDITOR=my editor --wait\n" +
        "GIT_EDITOR=my editor --wait\nVISUAL=my editor --wait\n",
    );
    const plain = await runShell(sandbox, shell, hook(shell, { program: "/bin/sh" }) + variables);
    assertEquals(plain.stdout, "");
    const gone = hook(shell, { program: sandbox.path("gone"), ...everything });
    const left = await runShell(sandbox, shell, `export EDITOR=vi\n${gone}${variables}; type code`);
    assertEquals(left.stdout.split("\n")[0], "EDITOR=vi", "git keeps its editor");
    assertEquals(left.stdout.includes("sessionctl"), false, left.stdout);
  },
);

testShells("EDITOR and BROWSER work with any PATH, or are not set", async (shell) => {
  await using sandbox = await makeSandbox();
  await withProgramOnPath(sandbox);
  const links = sandbox.path("links");
  const rc = sandbox.path("home/rc");
  for (const further of [[], ["--link", links]]) {
    const args = ["init", shell, "--editor", "--browser", ...further];
    const { stdout, stderr, code } = await runCommand(sandbox, "sessionctl", args);
    assertEquals(code, 0, stderr);
    await Deno.writeTextFile(rc, stdout);
    const bare = { env: { PATH: "/usr/bin:/bin" } };
    const called = await runShell(
      sandbox,
      shell,
      `. ${rc}; sh -c '$EDITOR --help; $BROWSER --help' | grep ^Open`,
      bare,
    );
    assertEquals(
      called.stdout.match(/^Open (files|URLs)/gm)?.length,
      2,
      called.stderr,
    );
  }
  await Deno.remove(`${links}/sessionctl-edit`);
  const gone = await runShell(sandbox, shell, `. ${rc}; echo "$EDITOR|$BROWSER"`);
  assertEquals(gone.stdout, `|${links}/sessionctl-browse\n`);
});

testWith(["zsh", "script"], "zsh keeps its key bindings although EDITOR contains vi", async () => {
  await using sandbox = await makeSandbox();
  const home = sandbox.path("home/kevin");
  await Deno.mkdir(`${home}/bin`, { recursive: true });
  await Deno.symlink(compiled.command, `${home}/bin/sessionctl`);
  const env = { HOME: home, PATH: `${home}/bin:${sandbox.env.PATH}` };
  const keymap = "bindkey -lL main";
  for (const further of [[], ["--link", `${home}/bin`]]) {
    const args = ["init", "zsh", "--editor", ...further];
    const { stdout } = await runCommand(sandbox, "sessionctl", args, { env });
    for (const before of ["", "bindkey -v\n", "export EDITOR=vim\n"]) {
      const rc = before + stdout;
      // The second shell inherits the first one's settings.
      const inner = `${keymap}; zsh --no-global-rcs -i -c '${keymap}'`;
      const shown = await runOnTerminal(sandbox, "zsh", rc, inner, { env });
      const expected = `bindkey -A ${before === "" ? "emacs" : "viins"} main\n`;
      assertEquals(shown, expected.repeat(2), before + further);
    }
  }
  // A line editor that loads before the hook has already read the inherited variables.
  const { stdout } = await runCommand(sandbox, "sessionctl", ["init", "zsh", "--editor"], { env });
  const inner = `zsh --no-global-rcs -i -c '${keymap}; sh -c "$EDITOR --help" | head -n 1'`;
  const early = `bindkey '^[[A' up-line-or-history\n${stdout}`;
  const shown = await runOnTerminal(sandbox, "zsh", early, inner, { env });
  assertEquals(shown.split("\n")[0], "bindkey -A emacs main");
  assertStringIncludes(shown, "Open files and folders");
});

Deno.test("the hook names the document that explains it", () => {
  assertStringIncludes(hook("bash", { program: "/x" }), "docs/shell.md");
});
