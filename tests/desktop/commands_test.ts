// The output of list, find, doctor and prune about desktop windows.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { register, startServer } from "../registry/serve_support.ts";
import { alone, exists, makeSandbox, run, type Sandbox, startEditor } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { twoEditors } from "./support.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess(alone);

const sessionctl = (sandbox: Sandbox, ...args: string[]) => run(shared, sandbox, { args });

Deno.test("list --all shows each desktop window with its title, folders, editor and process", async () => {
  await using sandbox = await makeSandbox();
  const { api, web, notes, code, cursor } = await twoEditors(sandbox);
  const table = await sessionctl(sandbox, "list", "--all");
  assertEquals([table.code, table.stderr], [0, ""]);
  const [head, ...rows] = table.stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assertEquals(head, ["STATE", "KIND", "EDITOR", "PID", "TITLE", "FOLDER", "MAIN SOCKET"]);
  const shown = [
    ["live", "desktop", "Visual Studio Code", "71", "main.ts - api", api, code.socketPath],
    [
      ...["live", "desktop", "Visual Studio Code", "72", "web [SSH: hostb]"],
      ...["hostb:/home/ann/web", code.socketPath],
    ],
    [
      ...["live", "desktop", "Cursor", "4000", "long ".repeat(9) + "lo..."],
      ...[`${web}, ${notes}`, cursor.socketPath],
    ],
    ["live", "desktop", "Cursor", "4001", "\\u001b[31mWelcome", cursor.socketPath],
  ];
  assertEquals(rows.toSorted(), shown.toSorted());

  const { stdout } = await sessionctl(sandbox, "list", "--all", "--json");
  const listed = JSON.parse(stdout) as Record<string, unknown>[];
  assertEquals(listed.find(({ pid }) => pid === 72), {
    kind: "desktop",
    editor: "code",
    editorName: "Visual Studio Code",
    version: "1.13",
    mainSocket: code.socketPath,
    mainPid: Deno.pid,
    liveness: "live",
    title: "web [SSH: hostb]",
    pid: 72,
    folderUris: ["vscode-remote://ssh-remote+hostb/home/ann/web"],
    remoteAuthority: "ssh-remote+hostb",
    id: 2,
    folders: ["hostb:/home/ann/web"],
  });
  assertEquals(listed.length, 4);
});

Deno.test("list --all shows desktop windows below the others, and editors that hang or ended", async () => {
  await using sandbox = await makeSandbox();
  await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  await startDesktop(sandbox, { behaviour: "hang" });
  const ended = await startDesktop(sandbox, { dataName: "Cursor" });
  await ended.die();
  const { stdout } = await sessionctl(sandbox, "list", "--all");
  assertMatch(stdout, /^STATE .*\nlive .*vscode-ipc-a\.sock\n\nSTATE +KIND +EDITOR /);
  assertMatch(stdout, /\nunresponsive +desktop +Visual Studio Code /);
  assertMatch(stdout, /\ndead +desktop +Cursor /);
});

Deno.test("find reports that only a desktop window contains a path and gives its main socket", async () => {
  await using sandbox = await makeSandbox();
  const { api, notes, code, cursor } = await twoEditors(sandbox);
  const plain = await sessionctl(sandbox, "find", `${api}/main.ts`);
  assertEquals([plain.code, plain.stdout], [1, ""]);
  assertStringIncludes(plain.stderr, `${api}/main.ts is in a window of Visual Studio Code`);
  assertStringIncludes(plain.stderr, "which has no editor socket");
  const json = await sessionctl(sandbox, "find", "--json", `${notes}/a`);
  const { mainSocket, folder, editor, kind } = JSON.parse(json.stdout);
  assertEquals([kind, editor, mainSocket, folder], ["desktop", "cursor", cursor.socketPath, notes]);
  const missing = await sessionctl(sandbox, "find", "/elsewhere");
  assertEquals(missing.code, 3);
  assertStringIncludes(missing.stderr, "no registry is running");

  // A registered window that holds the path takes precedence; one that does not comes later.
  const { socket } = await startServer(sandbox);
  const known = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  await register(socket, known.socketPath, notes);
  assertEquals((await sessionctl(sandbox, "find", notes)).stdout, `${known.socketPath}\n`);
  const all = await sessionctl(sandbox, "find", "--all", "--json", api);
  const [first, second] = JSON.parse(all.stdout);
  assertEquals([first.mainSocket, second.session.socketPath], [code.socketPath, known.socketPath]);
  const text = await sessionctl(sandbox, "find", "--all", api);
  assertEquals([text.code, text.stdout], [0, `${known.socketPath}\n`]);
  assertStringIncludes(text.stderr, "a desktop window");
});

Deno.test("doctor reports desktop editors that run, hang or have ended, and sockets of other programs", async () => {
  await using sandbox = await makeSandbox();
  const { code } = await twoEditors(sandbox);
  await startDesktop(sandbox, { dataName: "Windsurf", behaviour: "hang" });
  await startDesktop(sandbox, { dataName: "VSCodium", behaviour: "garbage" });
  await (await startDesktop(sandbox, { dataName: "Positron" })).die();
  const { stdout } = await sessionctl(sandbox, "doctor", "--json");
  const { checks } = JSON.parse(stdout);
  const { findings } = checks.find(({ name }: { name: string }) => name === "desktop editors");
  const texts = findings.map(({ text, fix }: { text: string; fix?: string }) =>
    fix === undefined ? text : `${text}; fix: ${fix}`
  );
  const has = (pattern: RegExp) => assert(texts.some((text: string) => pattern.test(text)), texts);
  has(new RegExp(`^Visual Studio Code 1\\.13 \\(${code.socketPath}\\): 2 windows$`));
  has(/^Cursor 1\.96 .*: 2 windows$/);
  has(/^Windsurf .* does not answer, so open skips it$/);
  has(/-main\.sock is not the main socket of an editor, and is not used$/);
  has(/^Positron .* has ended and left its main socket; fix: sessionctl prune --files$/);
  assertEquals(findings.length, 5);
});

Deno.test("prune --files removes the main socket of an editor that ended, and no other", async () => {
  await using sandbox = await makeSandbox();
  const live = await startDesktop(sandbox);
  const hung = await startDesktop(sandbox, { dataName: "Windsurf", behaviour: "hang" });
  const ended = await startDesktop(sandbox, { dataName: "Cursor" });
  await ended.die();
  const pruned = await sessionctl(sandbox, "prune", "--files", "--json");
  assertEquals(pruned.code, 0, pruned.stderr);
  const files = JSON.parse(pruned.stdout).files as string[];
  assertEquals(files.filter((path) => path.startsWith(sandbox.directory)), [ended.socketPath]);
  const sockets = [live, hung, ended].map(({ socketPath }) => exists(socketPath));
  assertEquals(sockets, [true, true, false]);
});

Deno.test("env reports that the window of a path is on the desktop and unsets the variable", async () => {
  await using sandbox = await makeSandbox();
  const { api, cursor } = await twoEditors(sandbox);
  const { code, stdout, stderr } = await sessionctl(sandbox, "env", "--shell", "bash", api);
  assertEquals([code, stdout], [1, "unset VSCODE_IPC_HOOK_CLI\n"]);
  assertStringIncludes(stderr, `${api} is in a desktop window of Visual Studio Code, which has no`);
  const browsed = await sessionctl(sandbox, "browse", "https://example.org");
  assertEquals(browsed.code, 1);
  assertStringIncludes(browsed.stderr, "desktop editors: not asked, because they only open files");
  const named = await sessionctl(sandbox, "env", "--to", "cursor");
  assertEquals(named.code, 1);
  assertStringIncludes(
    named.stderr,
    "Cursor is a desktop editor: its windows have no editor socket",
  );
  const unknown = await sessionctl(sandbox, "env", "--to", "windsurf");
  assertStringIncludes(unknown.stderr, "no editor socket has this in its path");
  assertEquals(cursor.starts, []);
});
