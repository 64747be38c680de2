/** The choice among windows, on the terminal of a real tmux. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileUri } from "../../src/editor/mod.ts";
import { freshLinkName } from "../../src/platform/mod.ts";
import { startLinkedRegistry } from "../links/support.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { Pane } from "../shell/pane.ts";
import { testWith, withProgramOnPath } from "../shell/support.ts";
import {
  compiled,
  type FakeEditor,
  makeSandbox,
  run,
  type Sandbox,
  startEditor,
} from "../support/mod.ts";
import { startCompanionWindow } from "../support/companion_window.ts";
import { startDesktop } from "../support/desktop_editor.ts";

interface Scene {
  readonly pane: Pane;
  readonly lemon: FakeEditor;
  readonly quince: FakeEditor;
}

/** Creates a terminal, and two windows whose folders are in the home directory. */
async function setScene(sandbox: Sandbox): Promise<Scene> {
  await withProgramOnPath(sandbox);
  const server = await startServer(sandbox);
  const windows = [];
  // Names that no window of another test has, because those are also found.
  for (const name of ["lemon", "quince"]) {
    const editor = await startEditor(sandbox, { socketPath: sandbox.path(`window-${name}.sock`) });
    await Deno.mkdir(sandbox.path("home", name));
    await register(server.socket, editor.socketPath, sandbox.path("home", name));
    windows.push(editor);
  }
  const rc = sandbox.path("home/rc");
  await Deno.writeTextFile(rc, "PS1='ready> '\n");
  const pane = new Pane(sandbox);
  const env = { ...sandbox.env, TERM: "xterm-256color", LC_ALL: "C.UTF-8" };
  await pane.start("bash", rc, sandbox.directory, env);
  const [lemon, quince] = windows as [FakeEditor, FakeEditor];
  return { pane, lemon, quince };
}

/** Waits for the question, types, and returns the remaining screen. */
async function answer(pane: Pane, ...keys: string[]): Promise<string> {
  let shown = "";
  await pane.until("the question", async () => {
    shown = await pane.shown();
    return shown.includes("Which window?") && shown.includes("└");
  });
  for (const key of keys) await pane.tmux("send-keys", key);
  return shown;
}

testWith(
  ["tmux", "bash"],
  "pick shows two windows on one folder, the one in focus first",
  async () => {
    await using sandbox = await makeSandbox();
    const { pane } = await setScene(sandbox);
    const socket = sandbox.path("run/sessionctl/registry.sock");
    const folders = [sandbox.path("home/lemon")];
    const one = await startCompanionWindow(sandbox, socket, { folders });
    const two = await startCompanionWindow(sandbox, socket, { folders });
    await two.openTerminal();
    await two.focus();
    await one.focus();
    const out = sandbox.path("out");
    const status = pane.run(`sessionctl pick >${out}`, "pick");
    const shown = await answer(pane, "Enter");
    assertEquals(await status, "0");
    assertEquals(await Deno.readTextFile(out), `${one.socketPath}\n`);
    const rows = shown.split("\n").filter((line) => line.includes("~/lemon"));
    assertStringIncludes(rows[0]!, "in focus");
    assertEquals(rows.filter((row) => row.includes("code-server")).length, 2);
  },
);

testWith(["tmux", "bash"], "pick prints the socket of the chosen window", async () => {
  await using sandbox = await makeSandbox();
  const { pane, quince } = await setScene(sandbox);
  const out = sandbox.path("out");
  const status = pane.run(`sessionctl pick >${out}`, "pick");
  const shown = await answer(pane, "q", "u", "i", "n", "Enter");
  assertEquals(await status, "0");
  assertEquals(await Deno.readTextFile(out), `${quince.socketPath}\n`);
  assertMatch(shown, / ~\/lemon +editor +/);
  assertMatch(shown, / ~\/quince +editor +/);
  assert(!shown.includes(sandbox.path("home/quince")), shown);
});

testWith(["tmux", "bash"], "pick colours its question, but not with NO_COLOR", async () => {
  await using sandbox = await makeSandbox();
  const { pane } = await setScene(sandbox);
  for (const [value, isColoured] of [["", true], ["1", false]] as const) {
    const status = pane.run(`NO_COLOR=${value} sessionctl pick >/dev/null`, `colour-${value}`);
    await answer(pane);
    const styled = await pane.tmux("capture-pane", "-p", "-e");
    // deno-lint-ignore no-control-regex
    assertEquals(/\x1b\[[0-9;]*m/.test(styled), isColoured, styled);
    await pane.tmux("send-keys", "Enter");
    assertEquals(await status, "0");
    await pane.run("clear", `clear-${value}`);
  }
});

testWith(["tmux", "bash"], "open --pick opens in the chosen window", async () => {
  await using sandbox = await makeSandbox();
  const { pane, lemon, quince } = await setScene(sandbox);
  const status = pane.run("sessionctl open --pick home/quince/a.txt", "open");
  await answer(pane, "l", "e", "m", "Enter");
  assertEquals(await status, "0");
  assertEquals((await lemon.nextMessage()).fileURIs, [fileUri(sandbox.path("home/quince/a.txt"))]);
  assertEquals(quince.messages, []);
});

testWith(
  ["tmux", "bash"],
  "open --pick offers desktop editors, and opens in the chosen one",
  async () => {
    await using sandbox = await makeSandbox();
    const { pane, lemon, quince } = await setScene(sandbox);
    const folders = [`file://${sandbox.path("home/plum")}`];
    const windows = [{ folders }, { folders: ["vscode-remote://ssh-remote+hostb/srv/fig"] }];
    const cursor = await startDesktop(sandbox, { dataName: "Cursor", windows });
    const status = pane.run("sessionctl open --pick home/quince/a.txt", "open");
    const shown = await answer(pane, "C", "u", "r", "s", "Enter");
    assertEquals(await status, "0", await pane.shown());
    const { args } = await cursor.nextStart();
    assertEquals(args["file-uri"], [fileUri(sandbox.path("home/quince/a.txt"))]);
    assertMatch(shown, / ~\/plum, hostb:\/srv\/fig +Cursor +on the desktop/);
    assertEquals([...lemon.messages, ...quince.messages], []);
  },
);

testWith(
  ["tmux", "bash"],
  "open --pick offers linked machines, and opens on the chosen one",
  async () => {
    await using home = await makeSandbox();
    const desktop = await startDesktop(home, { windows: [{ folders: ["file:///home/ann/fig"] }] });
    const { link } = await startLinkedRegistry(home);
    await using sandbox = await makeSandbox();
    const { pane, lemon, quince } = await setScene(sandbox);
    await Deno.writeTextFile(sandbox.path("home/quince/a.txt"), "1\n");
    Deno.linkSync(link.socketPath, sandbox.path("run", freshLinkName()));
    const status = pane.run("sessionctl open --pick home/quince/a.txt:1", "open");
    const shown = await answer(pane, "l", "i", "n", "k", "Enter");
    assertEquals(await status, "0", await pane.shown());
    const { args } = await desktop.nextStart();
    const path = sandbox.path("home/quince/a.txt");
    assertEquals(args["file-uri"], [`vscode-remote://ssh-remote+hostb${path}:1`]);
    assertMatch(shown, new RegExp(` ${Deno.hostname()}: +Visual Studio Code +over a link`));
    assertEquals([...lemon.messages, ...quince.messages], []);
  },
);

testWith(
  ["tmux", "bash"],
  "an ambiguous --to asks once, whatever the number of files",
  async () => {
    await using sandbox = await makeSandbox();
    const { pane, lemon, quince } = await setScene(sandbox);
    const status = pane.run(
      "sessionctl open --to window- home/lemon/a.txt home/quince/b.txt",
      "open",
    );
    await answer(pane, "Down", "Enter");
    assertEquals(await status, "0");
    // The most recent window comes first.
    assertEquals((await lemon.nextMessage()).fileURIs, [
      fileUri(sandbox.path("home/lemon/a.txt")),
      fileUri(sandbox.path("home/quince/b.txt")),
    ]);
    assertEquals(quince.messages, []);
  },
);

testWith(
  ["tmux", "bash"],
  "a cancelled choice changes nothing and restores the terminal",
  async () => {
    await using sandbox = await makeSandbox();
    const { pane, lemon, quince } = await setScene(sandbox);
    const [before, after, out] = ["before", "after", "out"].map((name) => sandbox.path(name));
    await pane.run(`stty -a >${before}`, "before");
    for (const key of ["Escape", "C-c"]) {
      const status = pane.run(`sessionctl pick >${out}`, key);
      await answer(pane, key);
      assertEquals(await status, "1");
      assertEquals(await Deno.readTextFile(out!), "");
      assertStringIncludes(await pane.shown(), "sessionctl: no window was picked");
      await pane.tmux("clear-history");
      await pane.run("clear", `${key}-clear`);
    }
    const killed = pane.run("sh -c 'echo $$ >pid; exec sessionctl pick'", "killed");
    await answer(pane);
    Deno.kill(Number(await Deno.readTextFile(sandbox.path("pid"))), "SIGTERM");
    assertEquals(await killed, "143");
    assertEquals(await pane.tmux("display-message", "-p", "#{cursor_flag}"), "1\n");
    await pane.run(`stty -a >${after}`, "after");
    assertEquals(await Deno.readTextFile(after!), await Deno.readTextFile(before!));
    assertEquals([...lemon.messages, ...quince.messages], []);
  },
);

Deno.test("without a terminal, nothing is asked, and an ambiguous --to is an error that names the windows", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  for (const name of ["a", "b"]) {
    const { socketPath } = await startEditor(sandbox, {
      socketPath: sandbox.path(`w-${name}.sock`),
    });
    await register(server.socket, socketPath, "/work");
  }
  for (const args of [["pick"], ["pick", "--json"], ["open", "--pick", "x"]]) {
    const { code, stdout, stderr } = await run(compiled, sandbox, { args });
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, "needs a terminal, and stdin is not a terminal");
  }
  const both = await run(compiled, sandbox, { args: ["open", "--pick", "--to", "w-a", "x"] });
  assertEquals(both.code, 2);
  const { code, stderr } = await run(compiled, sandbox, { args: ["open", "--to", "w-", "x"] });
  assertEquals(code, 1);
  assertStringIncludes(stderr, `"w-" is part of 2 editor sockets`);
});
