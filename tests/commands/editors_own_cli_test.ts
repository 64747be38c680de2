/** Tasks that only the editor's own command line supports are passed on to it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  alone,
  compiled,
  makeSandbox,
  type Program,
  run,
  type Sandbox,
  startEditor,
  writeExecutables,
} from "../support/mod.ts";

/** Prints its arguments, like a server's `remote-cli` program; `--help` lists two tasks. */
const OWN_CLI = `#!/bin/sh
case $1 in
  --help) printf '%s\\n' 'Options' '  --add-mcp <json>  Adds one' '' 'Subcommands' '  tunnel  Makes one' ;;
  *) printf '%s|' "$@" "$VSCODE_IPC_HOOK_CLI"; exit 3 ;;
esac
`;

interface World {
  readonly code: Program;
  readonly env: Record<string, string>;
}

/** Creates a server with its own command line, and our link `code` before it in PATH. */
async function makeWorld(sandbox: Sandbox): Promise<World> {
  const directory = sandbox.path("server/bin/remote-cli");
  await Deno.mkdir(directory, { recursive: true });
  await writeExecutables({ [`${directory}/code`]: OWN_CLI });
  await Deno.mkdir(sandbox.path("bin"));
  await Deno.symlink(compiled.command, sandbox.path("bin/code"));
  return {
    code: alone({ ...compiled, command: sandbox.path("bin/code") }),
    env: { PATH: `${sandbox.path("bin")}:${directory}:${sandbox.env.PATH}` },
  };
}

Deno.test("--locate-shell-integration-path is passed on to the editor's own command line", async () => {
  await using sandbox = await makeSandbox();
  const { code, env } = await makeWorld(sandbox);
  const args = ["--locate-shell-integration-path", "bash"];
  const told = { ...env, VSCODE_IPC_HOOK_CLI: "/gone.sock" };
  const result = await run(code, sandbox, { args, env: told });
  assertEquals(result.stdout, "--locate-shell-integration-path|bash|/gone.sock|", result.stderr);
  assertEquals([result.code, result.stderr], [3, ""]);
  // Without the variable, the program would refuse; and it is not in PATH.
  const others = {
    BROWSER: sandbox.path("server/bin/helpers/browser.sh"),
    PATH: sandbox.env.PATH!,
  };
  const open = await run(compiled, sandbox, { args: ["open", ...args], env: others });
  assertEquals(open.stdout, "--locate-shell-integration-path|bash|none|");
});

Deno.test("an option for a window is passed on with the live window", async () => {
  await using sandbox = await makeSandbox();
  const { code, env } = await makeWorld(sandbox);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-1.sock") });
  for (
    const [args, expected] of [
      [["--update-extensions"], "--update-extensions|"],
      [["--add-mcp", "{}"], "--add-mcp|{}|"],
    ] as const
  ) {
    const stale = { ...env, VSCODE_IPC_HOOK_CLI: "/gone.sock" };
    const result = await run(code, sandbox, { args, env: stale });
    assertEquals([result.code, result.stdout], [3, `${expected}${editor.socketPath}|`]);
  }
  assertEquals(editor.messages, []);
});

Deno.test("code tunnel is passed on, but a file with that name is opened", async () => {
  await using sandbox = await makeSandbox();
  const { code, env } = await makeWorld(sandbox);
  const editor = await startEditor(sandbox);
  const told = { ...env, VSCODE_IPC_HOOK_CLI: editor.socketPath };
  const result = await run(code, sandbox, { args: ["tunnel", "--name", "x"], env: told });
  assertEquals([result.code, result.stdout], [3, `tunnel|--name|x|${editor.socketPath}|`]);
  const asFile = async (program: Program, ...args: string[]) => {
    const opened = await run(program, sandbox, { args, env: told });
    assertEquals(opened.code, 0, opened.stderr);
    assertEquals(editor.messages.at(-1)!.fileURIs, [`file://${sandbox.path("tunnel")}`]);
  };
  await asFile(code, "--", "tunnel");
  await asFile(compiled, "open", "tunnel");
  await Deno.writeTextFile(sandbox.path("tunnel"), "");
  await asFile(code, "tunnel");
});

Deno.test("an unsupported task is rejected by name, and opens nothing", async () => {
  await using sandbox = await makeSandbox();
  const { code, env } = await makeWorld(sandbox);
  const editor = await startEditor(sandbox);
  const told = { ...env, VSCODE_IPC_HOOK_CLI: editor.socketPath };
  for (const args of [["--telemetry"], ["serve-web"], ["--locate-extension", "a.b"]]) {
    const result = await run(code, sandbox, { args, env: told });
    assertEquals([result.code, result.stdout, editor.messages], [1, "", []]);
    assertStringIncludes(result.stderr, `remote-cli/code supports ${args[0]}`);
  }
});

Deno.test("our own link is not mistaken for the editor's command line", async () => {
  await using sandbox = await makeSandbox();
  const directory = sandbox.path("ours/bin/remote-cli");
  await Deno.mkdir(directory, { recursive: true });
  await Deno.symlink(compiled.command, `${directory}/code`);
  const result = await run(compiled, sandbox, {
    args: ["open", "--locate-shell-integration-path", "bash"],
    env: { PATH: `${directory}:${sandbox.env.PATH}` },
  });
  assertEquals([result.code, result.stdout], [1, ""]);
  assertStringIncludes(result.stderr, "the editor's own command line was not found");
});
