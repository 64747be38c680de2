/**
 * Environments as under cron, a container's exec or a service: no HOME, no terminal, no XDG
 * variables, the C locale.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileUri } from "../../src/editor/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";
import {
  compiled,
  type FakeEditor,
  makeSandbox,
  type Sandbox,
  startEditor,
} from "../support/mod.ts";
import { ODD_NAMES, runCommand, testShells, testWith } from "./support.ts";

/** PATH is only set to find git and the shells. */
const PATH = `PATH=${Deno.env.get("PATH") ?? "/usr/bin:/bin"}`;

interface Scene {
  readonly editor: FakeEditor;
  readonly folder: string;
  /** Runs a program in the bare environment, without a terminal. */
  run(command: string, ...args: string[]): ReturnType<typeof runCommand>;
}

async function setScene(sandbox: Sandbox): Promise<Scene> {
  const server = await startServer(sandbox);
  const editor = await startEditor(sandbox);
  const folder = sandbox.path("Ordner mit ü");
  await Deno.mkdir(folder);
  await register(server.socket, editor.socketPath, folder);
  // The registry's socket has to be named, because its usual paths are shared with the user's own.
  const variables = ["LC_ALL=C", `SESSIONCTL_SOCKET=${server.socket}`];
  const run = (command: string, ...args: string[]) =>
    runCommand(sandbox, "setsid", ["-w", "env", "-i", ...variables, command, ...args], {
      cwd: folder,
    });
  return { editor, folder, run };
}

testWith(
  ["setsid"],
  "without HOME, a terminal and XDG variables, every odd name is opened",
  async () => {
    await using sandbox = await makeSandbox();
    const { editor, folder, run } = await setScene(sandbox);
    const { code, stderr } = await run(compiled.command, "open", "--", ...ODD_NAMES);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(
      (await editor.nextMessage()).fileURIs,
      ODD_NAMES.map((name) => fileUri(`${folder}/${name}`)),
    );
  },
);

testWith(
  ["setsid"],
  "without HOME, a terminal and XDG variables, env and browse work",
  async () => {
    await using sandbox = await makeSandbox();
    const { editor, run } = await setScene(sandbox);
    const { code, stdout } = await run(compiled.command, "env", "--shell", "sh");
    assertEquals([code, stdout], [0, `export VSCODE_IPC_HOOK_CLI=${editor.socketPath}\n`]);
    assertEquals((await run(compiled.command, "browse", "http://localhost:1/")).code, 0);
    assertEquals((await editor.nextMessage()).uris, ["http://localhost:1/"]);
  },
);

testWith(
  ["setsid", "git"],
  "without HOME and a terminal, git commit waits for the editor",
  async () => {
    await using sandbox = await makeSandbox();
    const { editor, folder, run } = await setScene(sandbox);
    const git = (...args: string[]) =>
      run("/usr/bin/env", PATH, "GIT_CONFIG_GLOBAL=/dev/null", "git", ...args);
    assertEquals((await git("init", "-q")).code, 0);
    const identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"];
    const committed = git(
      ...[...identity, "-c", `core.editor=${compiled.command} open --wait`],
      ...["commit", "-q", "--allow-empty"],
    );
    assertEquals((await editor.nextMessage()).fileURIs, [
      fileUri(`${folder}/.git/COMMIT_EDITMSG`),
    ]);
    await Deno.writeTextFile(`${folder}/.git/COMMIT_EDITMSG`, "From cron\n");
    await editor.closeTab();
    assertEquals((await committed).code, 0);
    assertStringIncludes((await git("log", "--format=%s")).stdout, "From cron");
  },
);

testShells(
  "in the C locale, a shell script passes every odd name to the window",
  async (shell) => {
    await using sandbox = await makeSandbox();
    const { editor, folder, run } = await setScene(sandbox);
    const links = sandbox.path("links");
    const made = await runCommand(sandbox, compiled.command, ["init", shell, "--link", links]);
    assertEquals(made.code, 0, made.stderr);
    const script = sandbox.path("script");
    const words = shell === "fish" ? "$argv" : '"$@"';
    await Deno.writeTextFile(script, `'${links}/code' -- ${words}\n`);
    // Without HOME, fish keeps its files in the account's home directory, where the test must not
    // write, and complains if it cannot write there.
    const places = shell === "fish"
      ? ["CONFIG", "DATA"].map((name) => `XDG_${name}_HOME=${sandbox.path(name)}`)
      : [];
    const { code, stderr } = await run(
      `/usr/bin/env`,
      PATH,
      ...places,
      shell,
      script,
      ...ODD_NAMES,
    );
    assertEquals([code, stderr], [0, ""]);
    assertEquals(
      (await editor.nextMessage()).fileURIs,
      ODD_NAMES.map((name) => fileUri(`${folder}/${name}`)),
    );
  },
  ["setsid"],
);

testWith(["setsid"], "without HOME, init prints the hook", async () => {
  await using sandbox = await makeSandbox();
  const { run } = await setScene(sandbox);
  const { code, stderr } = await run(compiled.command, "init", "bash");
  assertEquals([code, stderr], [0, ""]);
});
