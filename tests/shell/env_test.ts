import { assertEquals, assertStringIncludes } from "@std/assert";
import { currentShell } from "../../src/shell/mod.ts";
import { system } from "../../src/platform/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";
import {
  type FakeEditor,
  makeSandbox,
  run,
  type Sandbox,
  startEditor,
  testProgram,
} from "../support/mod.ts";
import { runShell, testWith, withProgramOnPath } from "./support.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const VARIABLE = "VSCODE_IPC_HOOK_CLI";

// Windows of concurrent tests are discovered, too: hence --strict in some places.

/** Two live windows with a folder each; the second registered last. */
async function startScene(
  sandbox: Sandbox,
): Promise<{ first: FakeEditor; second: FakeEditor; folders: readonly [string, string] }> {
  const server = await startServer(sandbox);
  const folders = [sandbox.path("first"), sandbox.path("second")] as const;
  const editors: FakeEditor[] = [];
  for (const folder of folders) {
    await Deno.mkdir(folder);
    const editor = await startEditor(sandbox);
    await register(server.socket, editor.socketPath, folder);
    editors.push(editor);
  }
  return { first: editors[0]!, second: editors[1]!, folders };
}

testProgram("env prints the variable for the window that has the path", async (program) => {
  await using sandbox = await makeSandbox();
  const { first, folders } = await startScene(sandbox);
  const env = (args: string[], cwd?: string) =>
    run(program, sandbox, { args: ["env", "--shell", "bash", ...args], cwd });
  const expected = { code: 0, stdout: `export ${VARIABLE}=${first.socketPath}\n`, stderr: "" };
  assertEquals(await env([`${folders[0]}/main.ts`]), expected);
  assertEquals(await env([], folders[0]), expected);
}, { source: shared });

Deno.test("a given path takes precedence over the variable, and the variable over the current folder", async () => {
  await using sandbox = await makeSandbox();
  const { first, second, folders } = await startScene(sandbox);
  const value = async (...args: string[]) => {
    const { stdout } = await run(shared, sandbox, {
      args: ["env", "--json", ...args],
      env: { [VARIABLE]: second.socketPath },
      cwd: folders[0],
    });
    return JSON.parse(stdout);
  };
  assertEquals((await value(folders[0])).value, first.socketPath);
  assertEquals((await value(folders[0])).folder, folders[0]);
  assertEquals((await value()).value, second.socketPath);
  // No window has it, so the current window is used.
  assertEquals((await value("/")).value, second.socketPath);
});

Deno.test("--tmux overrides a shell of the config file, and excludes one on the command line", async () => {
  await using sandbox = await makeSandbox();
  const config = sandbox.path("config.jsonc");
  await Deno.writeTextFile(config, '{ "env": { "shell": "fish" } }', { mode: 0o600 });
  const env = (...args: string[]) =>
    run(shared, sandbox, {
      args: ["env", "--strict", ...args],
      env: { SESSIONCTL_CONFIG: config },
    });
  assertEquals((await env()).stdout, `set -e ${VARIABLE}\n`);
  assertEquals((await env("--tmux")).stdout, `set-environment -r ${VARIABLE}\n`);
  assertEquals((await env("--tmux", "--shell", "bash")).code, 2);
});

Deno.test("without a live window, the variable is unset and the exit code is 1", async () => {
  await using sandbox = await makeSandbox();
  const dead = sandbox.path("dead.sock");
  const unset: Record<string, string> = {
    bash: `unset ${VARIABLE}`,
    fish: `set -e ${VARIABLE}`,
    tcsh: `unsetenv ${VARIABLE}`,
    pwsh: `Remove-Item Env:${VARIABLE} -ErrorAction SilentlyContinue`,
    tmux: `set-environment -r ${VARIABLE}`,
  };
  for (const [shell, line] of Object.entries(unset)) {
    const { code, stdout, stderr } = await run(shared, sandbox, {
      args: ["env", "--strict", "--shell", shell],
      env: { [VARIABLE]: dead },
    });
    assertEquals([code, stdout], [1, `${line}\n`]);
    assertStringIncludes(stderr, "no live editor window");
  }
  const { code, stdout } = await run(shared, sandbox, { args: ["env", "--strict", "--json"] });
  assertEquals([code, JSON.parse(stdout).value], [1, null]);
});

Deno.test("with --strict, a window without the path is not used", async () => {
  await using sandbox = await makeSandbox();
  const { first, folders } = await startScene(sandbox);
  const env = (...args: string[]) =>
    run(shared, sandbox, { args: ["env", "--strict", "--shell", "sh", ...args] });
  assertEquals((await env("/etc")).stdout, `unset ${VARIABLE}\n`);
  assertEquals((await env(folders[0])).stdout, `export ${VARIABLE}=${first.socketPath}\n`);
});

const EVALUATE: Record<string, string> = {
  bash: 'eval "$(sessionctl env --strict)"',
  zsh: 'eval "$(sessionctl env --strict)"',
  dash: 'eval "$(sessionctl env --strict)"',
  fish: "sessionctl env --strict | source",
  tcsh: "eval `sessionctl env --strict --shell tcsh`",
};

for (const [shell, line] of Object.entries(EVALUATE)) {
  testWith([shell], `${shell} evaluates what env prints for it, whatever it contains`, async () => {
    await using sandbox = await withProgramOnPath(await makeSandbox());
    const server = await startServer(sandbox);
    const name = shell === "tcsh" ? "it's $HOME" : 'it\'s `x` "$HOME" \\ ü; #!';
    const editor = await startEditor(sandbox, { socketPath: sandbox.path(name) });
    await register(server.socket, editor.socketPath, sandbox.directory);
    // SHELL is the login shell's; the shell that runs us takes precedence.
    const env = { SHELL: shell === "fish" ? "/bin/bash" : "/usr/bin/fish" };
    const print = `${line}; printenv ${VARIABLE}`;
    const { stdout, stderr } = await runShell(sandbox, shell, print, { env });
    assertEquals([stdout, stderr], [`${editor.socketPath}\n`, ""]);
    await editor.die();
    const stale = { ...env, [VARIABLE]: editor.socketPath };
    const after = await runShell(sandbox, shell, print, { env: stale });
    assertEquals(after.stdout, "");
  });
}

Deno.test("the shell is the one that runs us, else SHELL, else sh", () => {
  const context = (shell?: string) => ({ ...system, os: "linux" as const, env: () => shell });
  assertEquals(currentShell(context("/bin/zsh"), "/usr/bin/fish"), "fish");
  assertEquals(currentShell(context("/bin/zsh"), "/usr/bin/python3"), "zsh");
  assertEquals(currentShell(context("/bin/zsh"), "/usr/bin/tmux"), "zsh");
  assertEquals(currentShell(context("/bin/nologin"), "/usr/bin/make"), "sh");
  assertEquals(currentShell(context(), "/bin/busybox"), "sh");
  assertEquals(currentShell(context(), "-bash"), "bash");
});
