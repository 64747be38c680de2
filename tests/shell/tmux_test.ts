/**
 * A real terminal: a tmux server that a window's terminal started, that window closed, and another
 * live window on the same folder. Commands typed there have to reach the live one.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileUri } from "../../src/editor/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { Pane } from "./pane.ts";
import { type FakeEditor, makeSandbox, type Sandbox, startEditor } from "../support/mod.ts";
import {
  ODD_NAMES,
  runCommand,
  type Shell,
  testShells,
  which,
  withProgramOnPath,
} from "./support.ts";

interface Scene {
  readonly pane: Pane;
  readonly live: FakeEditor;
  readonly stale: FakeEditor;
  readonly folder: string;
}

/** A closed window started tmux; another window has the same folder. */
async function setScene(sandbox: Sandbox, shell: Shell): Promise<Scene> {
  await withProgramOnPath(sandbox);
  const server = await startServer(sandbox);
  const stale = await startEditor(sandbox, { socketPath: sandbox.path("stale.sock") });
  const folder = sandbox.path("my project's");
  await Deno.mkdir(folder);
  await register(server.socket, stale.socketPath, folder);
  const init = await runCommand(sandbox, "sessionctl", [
    ...["init", shell, "--code", "--editor", "--browser", "--link", sandbox.path("links")],
  ]);
  assertEquals(init.code, 0, init.stderr);
  const rc = sandbox.path("home", ".zshrc");
  await Deno.writeTextFile(rc, init.stdout);
  const pane = new Pane(sandbox);
  if (shell === "fish") pane.statusVariable = "status";
  await pane.start(shell, rc, folder, {
    ...sandbox.env,
    TERM: "xterm-256color",
    // Line editors accept no other letters in the C locale.
    LC_ALL: Deno.build.os === "linux" ? "C.UTF-8" : "en_US.UTF-8",
    TERM_PROGRAM: "vscode",
    VSCODE_IPC_HOOK_CLI: stale.socketPath,
    ZDOTDIR: sandbox.path("home"),
    ODD: ODD_NAMES.at(2)!,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    ...Object.fromEntries(
      ["AUTHOR", "COMMITTER"].flatMap((who) => [
        [`GIT_${who}_NAME`, "Ann"],
        [`GIT_${who}_EMAIL`, "ann@example.org"],
      ]),
    ),
  });
  await stale.die();
  const live = await startEditor(sandbox, { socketPath: sandbox.path("live.sock") });
  await register(server.socket, live.socketPath, folder);
  return { pane, live, stale, folder };
}

testShells("in tmux with a stale variable, code opens in the live window", async (shell) => {
  await using sandbox = await makeSandbox();
  const { pane, live, stale, folder } = await setScene(sandbox, shell);
  await Deno.writeTextFile(`${folder}/it's a "näme".txt`, "");
  assertEquals(await pane.run(`code "it's a \\"näme\\".txt":3`, "odd"), "0");
  assertEquals((await live.nextMessage()).fileURIs, [
    `${fileUri(`${folder}/it's a "näme".txt`)}:3`,
  ]);
  // Passed in a variable, because a terminal cannot type a newline into a name.
  assertEquals(await pane.run('code "$ODD"', "newline"), "0");
  assertEquals((await live.nextMessage()).fileURIs, [fileUri(`${folder}/${ODD_NAMES.at(2)}`)]);
  assertEquals(stale.messages, []);
  const shown = await pane.shown();
  assert(!shown.includes("sessionctl:"), shown);
}, ["tmux"]);

testShells("in tmux with a stale variable, git commit waits for the live window", async (shell) => {
  await using sandbox = await makeSandbox();
  const { pane, live, folder } = await setScene(sandbox, shell);
  assertEquals(await pane.run("git init -q", "init"), "0");
  const committed = pane.run("git commit -q --allow-empty", "commit");
  const message = await live.nextMessage();
  assertEquals(message.fileURIs, [fileUri(`${folder}/.git/COMMIT_EDITMSG`)]);
  await Deno.writeTextFile(`${folder}/.git/COMMIT_EDITMSG`, "From the live window\n");
  await live.closeTab();
  assertEquals(await committed, "0");
  const log = await runCommand(sandbox, "git", ["log", "--format=%s"], { cwd: folder });
  assertEquals(log.stdout, "From the live window\n");
}, ["tmux", "git"]);

testShells("in tmux with a stale variable, BROWSER opens in the live window", async (shell) => {
  await using sandbox = await makeSandbox();
  const { pane, live } = await setScene(sandbox, shell);
  const url = "http://localhost:8080/?a=1&b=%20c";
  const opened = async () => (await live.nextMessage()).uris;
  // Called as by xdg-open, and as by a script.
  assertEquals(await pane.run(`sh -c '$BROWSER "$1"' sh '${url}'`, "sh"), "0");
  assertEquals(await opened(), [url]);
  if (which("xdg-open")) {
    assertEquals(await pane.run(`xdg-open '${url}'`, "xdg"), "0");
    assertEquals(await opened(), [url]);
  }
  if (which("python3")) {
    assertEquals(await pane.run(`python3 -m webbrowser '${url}'`, "python"), "0");
    assertEquals(await opened(), [url]);
  }
}, ["tmux"]);

testShells("in tmux, env sets the variable for this shell and for new ones", async (shell) => {
  await using sandbox = await makeSandbox();
  const { pane, live } = await setScene(sandbox, shell);
  const seen = sandbox.path("seen");
  const evaluate = shell === "fish" ? "sessionctl env | source" : 'eval "$(sessionctl env)"';
  await pane.run(`${evaluate}; sh -c 'echo $VSCODE_IPC_HOOK_CLI >${seen}'`, "eval");
  assertEquals(await Deno.readTextFile(seen), `${live.socketPath}\n`);
  assertEquals(await pane.run("sessionctl env --tmux | tmux source-file -", "tmux"), "0");
  assertStringIncludes(
    await pane.tmux("show-environment", "VSCODE_IPC_HOOK_CLI"),
    `=${live.socketPath}\n`,
  );
  await live.die();
  await pane.run("sessionctl env --tmux --strict 2>/dev/null | tmux source-file -", "unset");
  assertEquals(
    await pane.tmux("show-environment", "VSCODE_IPC_HOOK_CLI"),
    "-VSCODE_IPC_HOOK_CLI\n",
  );
}, ["tmux"]);
