/**
 * The first hours of a new user, with an empty home directory and a tmux started by a window that
 * was closed long ago. The commands that the README, the installer and `init` print are typed as
 * printed.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join, resolve } from "@std/path";
import { terminalFolders } from "../../src/discovery/mod.ts";
import { fileUri } from "../../src/editor/mod.ts";
import { backgroundOf } from "../background/support.ts";
import {
  compiled,
  type FakeEditor,
  makeSandbox,
  type Sandbox,
  startEditor,
  until,
} from "../support/mod.ts";
import { Pane } from "./pane.ts";
import { type Shell, testShells, which } from "./support.ts";

const root = resolve(import.meta.dirname!, "../..");
const DOTFILES = { bash: ".bashrc", zsh: ".zshrc", fish: ".config/fish/config.fish" };

/** A user at a terminal who follows the printed instructions. */
class NewUser {
  readonly #sandbox: Sandbox;
  readonly #pane: Pane;
  #commands = 0;

  constructor(sandbox: Sandbox, pane: Pane) {
    this.#sandbox = sandbox;
    this.#pane = pane;
  }

  /** Types a command and returns its whole output, once it has ended. */
  async does(command: string, expected = "0"): Promise<string> {
    const mark = `c${++this.#commands}`;
    const log = this.#sandbox.path(mark);
    // Braces make the command act on this shell; fish has begin and end for them.
    const [open, close] = this.#pane.statusVariable === "status" ? ["begin;", "end"] : ["{", "}"];
    const status = await this.#pane.run(`${open} ${command}; ${close} >${log} 2>&1`, mark);
    const printed = await Deno.readTextFile(log);
    assertEquals(status, expected, `${command}\n${printed}`);
    return printed;
  }

  /** Opens a new tmux window, which runs a login shell. */
  async opensWindow(folder: string): Promise<void> {
    await this.#pane.tmux("new-window", "-c", folder);
  }
}

/** A window of an editor: its socket, and a terminal in its folder. */
async function startWindow(sandbox: Sandbox, folder: string): Promise<FakeEditor> {
  const socketPath = sandbox.path("run/vscode-ipc-live.sock");
  const editor = await startEditor(sandbox, { socketPath });
  const terminal = new Deno.Command("script", {
    args: ["-qec", "sleep 600", "/dev/null"],
    cwd: folder,
    env: { PATH: sandbox.env.PATH!, VSCODE_IPC_HOOK_CLI: socketPath, TERM_PROGRAM: "vscode" },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
  }).spawn();
  sandbox.defer(async () => {
    terminal.kill("SIGKILL");
    await terminal.status;
  });
  await until("the terminal is there", () => terminalFolders().has(socketPath));
  return editor;
}

async function startUser(sandbox: Sandbox, shell: Shell, project: string): Promise<NewUser> {
  const stale = await startEditor(sandbox, {
    socketPath: sandbox.path("run/vscode-ipc-stale.sock"),
  });
  const pane = new Pane(sandbox);
  if (shell === "fish") pane.statusVariable = "status";
  await pane.startLogin(project, {
    ...sandbox.env,
    PATH: "/usr/local/bin:/usr/bin:/bin",
    SHELL: which(shell)!,
    TERM: "xterm-256color",
    LC_ALL: "C.UTF-8",
    TERM_PROGRAM: "vscode",
    VSCODE_IPC_HOOK_CLI: stale.socketPath,
    // Given because `stop` looks at all usual sockets.
    SESSIONCTL_SOCKET: backgroundOf(sandbox, compiled).socket,
    GIT_CONFIG_GLOBAL: "/dev/null",
    ...Object.fromEntries(
      ["AUTHOR", "COMMITTER"].flatMap((role) => [
        [`GIT_${role}_NAME`, "Ann"],
        [`GIT_${role}_EMAIL`, "ann@example.org"],
      ]),
    ),
  });
  await stale.die();
  return new NewUser(sandbox, pane);
}

/** Installs sessionctl, and follows what the installer and `init` print. */
async function setUp(sandbox: Sandbox, shell: Shell, user: NewUser): Promise<void> {
  await Deno.mkdir(sandbox.path("dist"));
  await Deno.symlink(compiled.command, sandbox.path("dist/sessionctl"));
  const installer = join(root, "scripts/install.sh");
  const installed = await user.does(`sh ${installer} --from ${sandbox.path("dist")}`);
  const [, dotfile, line] = /run this here, and add it to your (\S+):\n {2}(.*)\n/.exec(installed)!;
  const path = sandbox.path("home", DOTFILES[shell]);
  assert(path.endsWith(dotfile!), `${dotfile} of ${shell}`);
  const before = await Deno.readTextFile(path).catch(() => "");
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, `${before}${line}\n`);
  await user.does(line!);
  const next = /^next: (.*)$/m.exec(installed)![1]!;
  assertStringIncludes(next, `init ${shell} --install --start --code --editor --browser`);
  const told = await user.does(next);
  assertMatch(told, /started a registry in the background/);
  const login = /to fix this, run:\n {2}(.*)\n/.exec(told)?.[1];
  assertEquals(login !== undefined, shell === "bash", told);
  if (login !== undefined) await user.does(login);
  // Run again: no instruction may be left.
  assertEquals((await user.does(next)).includes("login shells"), false);
  await user.does(/in this one, run:\n {2}(.*)\n/.exec(told)![1]!);
}

testShells(
  "a new user gets from the installer to the first opened file, and back",
  async (shell) => {
    await using sandbox = await makeSandbox();
    const project = sandbox.path("home/project");
    await Deno.mkdir(join(project, "src"), { recursive: true });
    await Deno.writeTextFile(join(project, "src/main.ts"), "export {};\n".repeat(20));
    // Without this file, zsh asks a new user questions.
    if (shell === "zsh") await Deno.writeTextFile(sandbox.path("home/.zshrc"), "");
    const editor = await startWindow(sandbox, project);
    const user = await startUser(sandbox, shell, project);
    await setUp(sandbox, shell, user);

    await user.does("code src/main.ts");
    assertEquals((await editor.nextMessage()).fileURIs, [fileUri(join(project, "src/main.ts"))]);
    await user.opensWindow(project);
    await user.does("sessionctl open src/main.ts:12");
    assertEquals((await editor.nextMessage()).fileURIs, [
      `${fileUri(join(project, "src/main.ts"))}:12`,
    ]);
    await user.does("git init -q");
    const committed = user.does("git commit -q --allow-empty");
    const [message] = (await editor.nextMessage()).fileURIs as string[];
    await Deno.writeTextFile(new URL(message!).pathname, "First\n");
    await editor.closeTab();
    await committed;

    assertMatch(await user.does("sessionctl list --all"), /live .*\/home\/project /);
    await mendAll(user, sandbox.directory);
    assertMatch(await user.does("sessionctl list"), /live .*\/home\/project /);
    assertStringIncludes(await user.does("sessionctl doctor"), "no problems");

    for (const command of await readmeCommands()) {
      const done = user.does(command);
      if (/open -(?!-)|git commit/.test(command)) {
        const { fileURIs, waitMarkerFilePath } = await editor.nextMessage();
        if (command.includes("git commit")) {
          await Deno.writeTextFile(new URL(fileURIs[0]).pathname, "From the README\n");
        }
        if (waitMarkerFilePath !== undefined) await editor.closeTab();
      }
      await done;
    }

    const installer = join(root, "scripts/install.sh");
    assertMatch(await user.does(`sh ${installer} --uninstall`), /ended the registry/);
    await user.opensWindow(project);
    await user.does(
      "echo $EDITOR; git -c core.editor=true commit -q --allow-empty --message=Second",
    );
  },
  ["tmux", "script", "git"],
);

/** The commands that the README says to type once `init` has run, in order. */
async function readmeCommands(): Promise<string[]> {
  const text = await Deno.readTextFile(join(root, "README.md"));
  const [, init] = /```sh\nsessionctl (init [^\n]*)\n```/.exec(text)!;
  assertEquals(init, "init bash --install --start --code --editor --browser");
  const section = text.split("\n## Twenty seconds with it\n")[1]!.split("\n## ")[0]!;
  const commands: string[] = [];
  for (const [, language, block] of section.matchAll(/```(sh|console)\n([^`]*)```/g)) {
    const lines = block!.trim().split("\n");
    if (language === "sh") commands.push(...lines);
    else {commands.push(
        ...lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2)),
      );}
  }
  assertEquals(commands.length, 5, commands.join("\n"));
  return commands;
}

/** Runs each command that the doctor offers for `directory`, as printed. */
async function mendAll(user: NewUser, directory: string): Promise<void> {
  const offered = [...(await user.does("sessionctl doctor", "1")).matchAll(/fix: (.*)/g)]
    .map(([, command]) => command!)
    // Windows of other tests are found, too.
    .filter((command) => !command.includes("/tmp/") || command.includes(directory));
  assertEquals(offered.length > 1, true, offered.join("\n"));
  for (const command of offered) await user.does(command);
}
