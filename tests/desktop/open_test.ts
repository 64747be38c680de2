// Where open sends files with two desktop editors and four windows, and the messages they get.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { register, startServer } from "../registry/serve_support.ts";
import {
  alone,
  compiled,
  exists,
  makeSandbox,
  run,
  type Sandbox,
  spawn,
  startEditor,
  startRegistry,
  startWindowProcess,
} from "../support/mod.ts";
import { type DesktopEditorStandIn, startDesktop } from "../support/desktop_editor.ts";
import { twoEditors } from "./support.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess(alone);

const open = (sandbox: Sandbox, args: readonly string[], env: Record<string, string> = {}) =>
  run(shared, sandbox, { args: ["open", ...args], env, cwd: sandbox.path("home") });

type Arguments = Record<string, unknown>;

/** A call of `open`, the editor that it reaches, and the arguments; `~` is the home directory. */
interface Row {
  readonly args: readonly string[];
  readonly editor: "code" | "cursor";
  readonly told: Arguments;
}

const ROWS: readonly Row[] = [
  {
    args: ["~/api/main.ts"],
    editor: "code",
    told: { "file-uri": ["file://~/api/main.ts"] },
  },
  {
    args: ["~/web/a.ts:3", "~/web/b.ts:4:5"],
    editor: "cursor",
    told: { "file-uri": ["file://~/web/a.ts:3", "file://~/web/b.ts:4:5"], goto: true },
  },
  { args: ["~/notes"], editor: "cursor", told: { "folder-uri": ["file://~/notes"] } },
  {
    args: ["-n", "~/notes/x.md"],
    editor: "cursor",
    told: { "file-uri": ["file://~/notes/x.md"], "new-window": true },
  },
  {
    args: ["-r", "~/api"],
    editor: "code",
    told: { "folder-uri": ["file://~/api"], "reuse-window": true },
  },
  {
    args: ["-a", "~/api/lib"],
    editor: "code",
    told: { "folder-uri": ["file://~/api/lib"], add: true },
  },
  {
    args: ["-d", "~/elsewhere/old.ts", "~/api/main.ts"],
    editor: "code",
    told: { "file-uri": ["file://~/elsewhere/old.ts", "file://~/api/main.ts"], diff: true },
  },
  {
    args: ["-m", "~/web/a", "~/web/b", "~/web/c", "~/web/d"],
    editor: "cursor",
    told: { "file-uri": ["a", "b", "c", "d"].map((name) => `file://~/web/${name}`), merge: true },
  },
  {
    args: ["--file-uri", "vscode-remote://ssh-remote+hostb/home/ann/web/x.ts"],
    editor: "code",
    told: { "file-uri": ["vscode-remote://ssh-remote+hostb/home/ann/web/x.ts"] },
  },
  {
    args: ["--to", "cursor", "--folder-uri", "vscode-remote://wsl+Debian/home/ann"],
    editor: "cursor",
    told: { "folder-uri": ["vscode-remote://wsl+Debian/home/ann"] },
  },
  {
    args: ["--to", "Code", "--file-uri", "file:///elsewhere/x"],
    editor: "code",
    told: { "file-uri": ["file:///elsewhere/x"] },
  },
  {
    args: ["--to", "cursor", "~/api/main.ts:7"],
    editor: "cursor",
    told: { "file-uri": ["file://~/api/main.ts:7"], goto: true },
  },
  {
    args: ["--to", "~/web", "~/api/main.ts"],
    editor: "cursor",
    told: { "file-uri": ["file://~/api/main.ts"] },
  },
  {
    args: ["--to", "cursor", "--remote", "ssh-remote+hostb", "~/api/main.ts"],
    editor: "cursor",
    told: {
      "file-uri": ["vscode-remote://ssh-remote+hostb~/api/main.ts"],
      remote: "ssh-remote+hostb",
    },
  },
];

for (const { args, editor, told } of ROWS) {
  Deno.test(`open ${args.join(" ")} tells ${editor}`, async () => {
    await using sandbox = await makeSandbox();
    const editors = await twoEditors(sandbox);
    const home = sandbox.path("home");
    const fill = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll("~", home));
    const result = await open(sandbox, fill(args));
    assertEquals([result.code, result.stderr, result.stdout], [0, "", ""]);
    assertEquals(editors[editor].starts, [
      { args: { _: [], ...fill(told) }, env: { VSCODE_CLI: "1" } },
    ]);
    assertEquals(editors[editor === "code" ? "cursor" : "code"].starts, []);
  });
}

Deno.test("open --to takes a main socket, also one that lies elsewhere", async () => {
  await using sandbox = await makeSandbox();
  const { code } = await twoEditors(sandbox);
  const other = await startDesktop(sandbox, { socketPath: sandbox.path("else/1.99-main.sock") });
  for (const { socketPath } of [code, other]) {
    const { code: exit, stderr } = await open(sandbox, ["--to", socketPath, "/elsewhere/x"]);
    assertEquals([exit, stderr], [0, ""]);
  }
  assertEquals([code.starts.length, other.starts.length], [1, 1]);
});

Deno.test("open sends each editor the files of its windows, and the rest to the editor started last", async () => {
  await using sandbox = await makeSandbox();
  const { api, web, code, cursor } = await twoEditors(sandbox);
  await Deno.utime(code.socketPath, 1, 1);
  const { stderr } = await open(sandbox, [`${api}/a`, `${web}/b`, "/elsewhere/c"]);
  assertEquals(stderr, "");
  const uris = ({ starts }: DesktopEditorStandIn) => starts.flatMap(({ args }) => args["file-uri"]);
  assertEquals(uris(code), [`file://${api}/a`]);
  assertEquals(uris(cursor), [`file://${web}/b`, "file:///elsewhere/c"]);
});

Deno.test("a window with an editor socket that contains the path comes first, one that does not comes last", async () => {
  await using sandbox = await makeSandbox();
  const { api, notes, code, cursor } = await twoEditors(sandbox);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  const { socket } = await startServer(sandbox);
  await register(socket, editor.socketPath, api);
  assertEquals((await open(sandbox, [`${api}/a`, `${notes}/b`])).code, 0);
  assertEquals(editor.messages.flatMap(({ fileURIs }) => fileURIs), [`file://${api}/a`]);
  assertEquals(cursor.starts.length, 1);
  // The window with an editor socket gets files that no window holds.
  assertEquals((await open(sandbox, ["/elsewhere/c"])).code, 0);
  assertEquals([editor.messages.length, cursor.starts.length, code.starts.length], [2, 1, 0]);
});

Deno.test("--strict takes only a desktop window that holds the path", async () => {
  await using sandbox = await makeSandbox();
  const { web, cursor } = await twoEditors(sandbox);
  assertEquals((await open(sandbox, ["--strict", `${web}/a`])).code, 0);
  const refused = await open(sandbox, ["--strict", "/elsewhere"]);
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /desktop editors: of 2, no live one has a window for \/elsewhere/);
  assertEquals(cursor.starts.length, 1);
});

Deno.test("a file behind a symlink is opened by the path that the window uses", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("real"));
  await Deno.symlink(sandbox.path("real"), sandbox.path("link"));
  const editor = await startDesktop(sandbox, {
    windows: [{ folders: [`file://${sandbox.path("link")}`] }],
  });
  assertEquals((await open(sandbox, [`${sandbox.path("real")}/a.ts:3`])).code, 0);
  assertEquals(editor.starts[0]!.args["file-uri"], [`file://${sandbox.path("link")}/a.ts:3`]);
});

Deno.test("open - opens stdin in a desktop editor", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startDesktop(sandbox);
  const result = await run(shared, sandbox, { args: ["open", "-"], stdin: "a\nb\n" });
  assertEquals([result.code, result.stderr], [0, ""]);
  const [uri] = editor.starts[0]!.args["file-uri"];
  assertEquals(await Deno.readTextFile(new URL(uri)), "a\nb\n");
  await Deno.remove(new URL(uri));
});

for (const how of ["tab", "window"] as const) {
  Deno.test(`open --wait returns when the ${how} is closed, and leaves nothing`, async () => {
    await using sandbox = await makeSandbox();
    const { api, code } = await twoEditors(sandbox);
    const waiting = spawn(sandbox, compiled.command, ["open", "--wait", `${api}/main.ts`]);
    const { args } = await code.nextStart();
    assertEquals([args.wait, exists(args.waitMarkerFilePath)], [true, true]);
    if (how === "tab") await code.closeTab();
    else code.closeWindow();
    assertEquals([await waiting.ended, waiting.errors], [0, []]);
    assertEquals(exists(args.waitMarkerFilePath), false);
  });
}

Deno.test("open --wait fails at once when the desktop editor ends", async () => {
  await using sandbox = await makeSandbox();
  const { api, code } = await twoEditors(sandbox);
  const waiting = spawn(sandbox, compiled.command, ["open", "--wait", `${api}/main.ts`]);
  const { args } = await code.nextStart();
  await code.die();
  assertEquals(await waiting.ended, 1);
  assertStringIncludes(waiting.errors.join("\n"), "the editor ended before");
  assertEquals(exists(args.waitMarkerFilePath), false);
});

Deno.test("--remove is sent to editors that can, and refused where they cannot", async () => {
  await using sandbox = await makeSandbox();
  const { api, web, code, cursor } = await twoEditors(sandbox);
  const done = await open(sandbox, ["--remove", api]);
  assertEquals([done.code, done.stderr], [0, ""]);
  assertEquals(code.starts[0]!.args, { _: [], "folder-uri": [`file://${api}`], remove: true });
  // Cursor's version does not show it; its sources here are those of 2024.
  const kept = await open(sandbox, ["--remove", web]);
  assertEquals(kept.code, 1);
  assertStringIncludes(kept.stderr, `Cursor still has file://${web} in a window`);
  assertEquals(cursor.starts.length, 1);
  const old = await startDesktop(sandbox, {
    dataName: "VSCodium",
    generation: "2024",
    windows: [{ folders: [`file://${sandbox.path("home")}/old`] }],
  });
  await Deno.mkdir(sandbox.path("home/old"));
  const refused = await open(sandbox, ["--remove", sandbox.path("home/old")]);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, "VSCodium 1.96 cannot remove folders");
  assertEquals(old.starts, []);
});

Deno.test("an editor that hangs is passed over and gets no request", async () => {
  await using sandbox = await makeSandbox();
  const { api, web, code, cursor } = await twoEditors(sandbox);
  code.behaviour = "hang";
  const { code: exit, stderr } = await open(sandbox, ["--verbose", `${api}/a`]);
  assertEquals(exit, 0, stderr);
  assertMatch(stderr, /Visual Studio Code at .*: does not answer/);
  assertEquals([code.starts.length, cursor.starts.length], [0, 1]);
  const named = await open(sandbox, ["--to", "code", `${web}/a`]);
  assertEquals(named.code, 4);
  assertStringIncludes(named.stderr, "does not answer");
  assertEquals(code.starts, []);
});

Deno.test("the refusal of an editor is printed in its words", async () => {
  await using sandbox = await makeSandbox();
  const { api, code } = await twoEditors(sandbox);
  code.behaviour = "refuse";
  const { code: exit, stderr } = await open(sandbox, [`${api}/a`]);
  assertEquals(exit, 1);
  assertStringIncludes(stderr, `${code.socketPath}: the editor said no`);
});

Deno.test("open --dry-run and --json show the request to the main process", async () => {
  await using sandbox = await makeSandbox();
  const { api, code } = await twoEditors(sandbox);
  const dry = await open(sandbox, ["--dry-run", `${api}/a:3`]);
  assertEquals(dry.stdout.split("\n"), [
    code.socketPath,
    `{"fileUris":["file://${api}/a:3"],"goto":true}`,
    "",
  ]);
  assertEquals(code.starts, []);
  const { stdout } = await open(sandbox, ["--json", `${api}/a`]);
  assertEquals(JSON.parse(stdout), {
    dryRun: false,
    targets: [{
      mainSocket: code.socketPath,
      step: "desktop",
      folder: api,
      folderUri: `file://${api}`,
      editor: "code",
      editorName: "Visual Studio Code",
      version: "1.13",
      message: { fileUris: [`file://${api}/a`] },
    }],
  });
});

Deno.test("doctor explains that a file would open in a desktop editor", async () => {
  await using sandbox = await makeSandbox();
  const { api, code } = await twoEditors(sandbox);
  const { stdout } = await run(shared, sandbox, { args: ["doctor", api] });
  const because = `because the desktop editor has a window for ${api}`;
  assertStringIncludes(stdout, `${api} would go to ${code.socketPath}, ${because}`);
});

Deno.test("code-server's latest window leaves a file to the desktop window that holds it", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeSandbox();
  const { api, code } = await twoEditors(sandbox);
  const latest = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  const other = sandbox.path("other");
  await Deno.mkdir(other);
  const registry = sandbox.path("home/.local/share/code-server/code-server-ipc.sock");
  startRegistry(sandbox, [{ socketPath: latest.socketPath, folder: other }], registry);
  await startWindowProcess(sandbox, other, { VSCODE_IPC_HOOK_CLI: latest.socketPath });
  const inApi = await run(compiled, sandbox, { args: ["open", `${api}/a`], cwd: api });
  assertEquals([inApi.code, inApi.stderr], [0, ""]);
  assertEquals([code.starts.length, latest.messages.length], [1, 0]);
  await run(compiled, sandbox, { args: ["open", "/elsewhere/a"], cwd: api });
  assertEquals([code.starts.length, latest.messages.length], [2, 0]);
});
