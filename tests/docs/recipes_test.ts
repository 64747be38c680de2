/** Tries the recipes of docs/recipes.md with the programs that are installed. */
import { assertEquals, assertMatch } from "@std/assert";
import { basename, join } from "@std/path";
import { delay } from "@std/async/delay";
import { isInstalled, runCommand } from "../release/support.ts";
import { compiled, makeSandbox, type Sandbox, until } from "../support/mod.ts";
import { root } from "./documents.ts";
import { fencedBlocks } from "./markdown.ts";
import { makeWorld, type World } from "./world.ts";

const SSHD = "/usr/sbin/sshd";

/** Registers a test that needs these programs and runs on a tmux terminal. */
function test(programs: readonly string[], name: string, body: (world: World) => Promise<void>) {
  Deno.test({
    name: `${name} (${programs.join(", ")})`,
    ignore: Deno.build.os !== "linux" || !programs.every(canRun),
    async fn() {
      await using sandbox = await makeSandbox();
      await body(await realWorld(sandbox));
    },
  });
}

function canRun(program: string): boolean {
  // sshd requires this directory when run as root, and the system creates it when it starts sshd.
  if (program === SSHD && Deno.uid() === 0 && !isDirectory("/run/sshd")) return false;
  return isInstalled(program);
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Ann's machine without the stubs. */
async function realWorld(sandbox: Sandbox): Promise<World> {
  const world = await makeWorld(sandbox, "");
  const PATH = world.env.PATH!.split(":").filter((path) => basename(path) !== "stubs").join(":");
  const { VSCODE_IPC_HOOK_CLI: _, ...env } = world.env;
  return { ...world, env: { ...env, PATH, TERM: "xterm", TMUX_TMPDIR: sandbox.path("tmp") } };
}

/**
 * Runs a command on a terminal of its own, and types `key` until the window receives a file to
 * open, because no event tells when a program begins to read keys.
 *
 * @returns the file.
 */
async function openedFrom(world: World, command: string, key?: string): Promise<string> {
  const { sandbox, env, project, editor } = world;
  const tmux = (...args: string[]) => runCommand(sandbox, "tmux", args, { env, cwd: project });
  sandbox.defer(async () => void await tmux("kill-server"));
  const size = ["-x", "80", "-y", "24"];
  const ran = await tmux("-f", "/dev/null", "new-session", "-d", ...size, command);
  assertEquals(ran.code, 0, ran.stderr);
  await until("the window is told", async () => {
    if (key) await tmux("send-keys", key);
    await delay(200);
    return editor.messages.length > 0;
  });
  const message = editor.messages[0]!;
  assertEquals([message.type, message.fileURIs.length], ["open", 1]);
  return decodeURIComponent(new URL(message.fileURIs[0]).pathname);
}

/** The content of a file that the recipes show. */
function shownFile(name: string): string {
  const text = Deno.readTextFileSync(join(root, "docs/recipes.md"));
  const block = fencedBlocks(text).find(({ tags }) => tags.get("file") === name);
  return `${block!.lines.join("\n")}\n`;
}

test(["tmux"], "tmux opens the selection, and the pane's directory", async (world) => {
  const { sandbox, env, project, editor } = world;
  const config = sandbox.path("tmux.conf");
  await Deno.writeTextFile(config, shownFile("~/.tmux.conf"));
  const tmux = async (...args: string[]) => {
    const ran = await runCommand(sandbox, "tmux", args, { env, cwd: project });
    assertEquals(ran.code, 0, `${args}: ${ran.stderr}`);
    return ran.stdout;
  };
  sandbox.defer(async () => void await runCommand(sandbox, "tmux", ["kill-server"], { env }));
  await tmux("-f", config, "new-session", "-d", "printf src/main.ts:3; sleep 30");
  await until(
    "the pane shows the name",
    async () => (await tmux("capture-pane", "-p")).startsWith("src/main.ts:3"),
  );
  await tmux("copy-mode");
  for (const command of ["start-of-line", "begin-selection", "end-of-line"]) {
    await tmux("send-keys", "-X", command);
  }
  await tmux("send-keys", "o");
  await until("the window is told of the file", () => editor.messages.length === 1);
  assertEquals(editor.messages[0]!.fileURIs, [`file://${project}/src/main.ts:3`]);
  // Only an attached client can run a key binding, and there is none.
  const bound = (await tmux("list-keys", "-T", "prefix", "O")).match(/run-shell -b "(.*)"$/m)![1]!;
  await tmux("run-shell", "-b", bound);
  await until("the window is told of the folder", () => editor.messages.length === 2);
  assertEquals(editor.messages[1]!.folderURIs, [`file://${project}`]);
});

test(["tmux", "less"], "less opens the file at the displayed line", async (world) => {
  const text = Array.from({ length: 200 }, (_, line) => `line ${line}`).join("\n");
  await Deno.writeTextFile(join(world.project, "long.txt"), text);
  // The line is in the middle of the terminal.
  const opened = await openedFrom(world, "EDITOR='sessionctl open' less +101 long.txt", "v");
  assertMatch(opened, new RegExp(`^${world.project}/long.txt:1[0-9]{2}$`));
});

const C =
  "int add(int a, int b)\n{\n  return a + b;\n}\n\nint main(void)\n{\n  return add(1, 2);\n}\n";

test(["tmux", "cscope"], "cscope opens the selected hit at its line", async (world) => {
  await Deno.writeTextFile(join(world.project, "main.c"), C);
  // cscope takes the whole value of EDITOR as one program's name.
  const editor = world.sandbox.path("sessionctl-edit");
  await Deno.symlink(compiled.command, editor);
  // Selects the second hit.
  const opened = await openedFrom(world, `EDITOR=${editor} cscope -0 add main.c`, "1");
  assertEquals(opened, join(world.project, "main.c:8"));
});

test(["gcc", "gdb"], "gdb edits a file at its line", async ({ sandbox, env, project, editor }) => {
  await Deno.writeTextFile(join(project, "main.c"), C);
  const edited = { ...env, EDITOR: "sessionctl open" };
  for (
    const [program, ...args] of [
      ["gcc", "-g", "main.c", "-o", "main"],
      ["gdb", "-nx", "-batch", "-ex", "edit main.c:7", "./main"],
    ] as const
  ) {
    const ran = await runCommand(sandbox, program, args, { env: edited, cwd: project });
    assertEquals(ran.code, 0, ran.stderr);
  }
  assertEquals(editor.messages.map(({ fileURIs }) => fileURIs), [[`file://${project}/main.c:7`]]);
});

test(["tmux", "ranger"], "ranger opens the file under the cursor", async (world) => {
  const command = "EDITOR='sessionctl open' ranger --selectfile=src/main.ts";
  assertEquals(await openedFrom(world, command, "Enter"), join(world.project, "src/main.ts"));
});

test(["tmux", "fzf"], "fzf opens the selection and stays open", async (world) => {
  const command = "echo src/main.ts | fzf --bind 'enter:execute-silent(sessionctl open {})'";
  assertEquals(await openedFrom(world, command, "Enter"), join(world.project, "src/main.ts"));
});

test(["tmux", "mutt"], "mutt edits its message in the window", async (world) => {
  const home = world.env.HOME!;
  await Deno.mkdir(join(home, "Mail"));
  await Deno.writeTextFile(
    join(home, ".muttrc"),
    `${shownFile("~/.muttrc")}set abort_unmodified = yes\nset hostname = localhost\n`,
  );
  // The folder in which mutt keeps its drafts is open in the window.
  const args = ["add", world.editor.socketPath, world.sandbox.path("tmp")];
  await runCommand(world.sandbox, compiled.command, args, { env: world.env });
  const draft = await openedFrom(world, "mutt -s Hello bob@localhost");
  assertMatch(basename(draft), /^mutt-/);
  assertMatch(draft, new RegExp(`^${world.sandbox.directory}/`));
});

test(
  ["ssh", "ssh-keygen", SSHD],
  "ssh -R makes a window available on the remote host",
  async (world) => {
    const { sandbox, env, editor } = world;
    const directory = sandbox.path("ssh");
    await Deno.mkdir(directory, { mode: 0o700 });
    const path = (name: string) => join(directory, name);
    for (const name of ["host", "user"]) {
      const args = ["-q", "-t", "ed25519", "-N", "", "-f", path(name)];
      await runCommand(sandbox, "ssh-keygen", args, { env });
    }
    await Deno.writeTextFile(
      path("sshd_config"),
      [
        `HostKey ${path("host")}`,
        `AuthorizedKeysFile ${path("user.pub")}`,
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
        "StreamLocalBindUnlink yes",
      ].join("\n"),
    );
    // No port: sshd serves one connection on its standard streams, as from inetd.
    const proxy = `${SSHD} -i -f ${path("sshd_config")}`;
    const far = path("editor.sock");
    const program = compiled.command;
    const ran = await runCommand(sandbox, "ssh", [
      ...["-F", "none", "-i", path("user"), "-o", `ProxyCommand=${proxy}`],
      ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
      ...["-o", "IdentitiesOnly=yes", "-R", `${far}:${editor.socketPath}`, "far.example"],
      `${program} browse --to ${far} http://localhost:8080 && ` +
      `echo copied | ${program} clipboard --to ${far}`,
    ], { env });
    assertEquals(ran.code, 0, ran.stderr);
    const [page, copied] = editor.messages;
    assertEquals([page!.uris, copied!.content], [["http://localhost:8080/"], "copied\n"]);
  },
);
