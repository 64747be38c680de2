import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { system } from "../../src/platform/mod.ts";
import { terminalWindow } from "../../src/shell/mod.ts";
import { sessionsOf, startServer } from "../registry/serve_support.ts";
import { compiled, makeSandbox, run, startEditor } from "../support/mod.ts";

function windowOf(env: Record<string, string>) {
  const variables: Record<string, string> = {
    TERM_PROGRAM: "vscode",
    VSCODE_IPC_HOOK_CLI: "/run/window.sock",
    ...env,
  };
  return terminalWindow({ ...system, uid: 0, env: (name) => variables[name] || undefined });
}

Deno.test("a terminal's window has the folder it starts in, unless SESSIONCTL_FOLDER names others", () => {
  const here = Deno.cwd();
  assertEquals(windowOf({}), {
    socketPath: "/run/window.sock",
    folders: [here],
    kind: "vscode",
    windowId: undefined,
  });
  assertEquals(windowOf({ SESSIONCTL_WINDOW: "3f" }).windowId, "3f");
  const folders = (told: string) => windowOf({ SESSIONCTL_FOLDER: told }).folders;
  assertEquals(folders("/a b"), ["/a b"]);
  assertEquals(folders("/a:b\n\n/c\n"), ["/a:b", "/c"]);
  assertEquals(folders("sub"), [`${here}/sub`]);
  // A window with / as its folder would match every file, and users do not open / as a folder.
  assertEquals(folders("/"), []);
});

for (
  const [kind, env] of [
    ["vscode-insiders", { PATH: "/home/a/.vscode-server-insiders/bin/1/bin/remote-cli:/bin" }],
    ["cursor", { BROWSER: "/home/a/.cursor-server/cli/x/server/bin/helpers/browser.sh" }],
    ["code-server", { VSCODE_GIT_ASKPASS_NODE: "/usr/lib/code-server/lib/node" }],
    ["vscode", { PATH: "/usr/bin" }],
  ] as const
) {
  Deno.test(`the kind of a terminal's window is ${kind} according to ${Object.keys(env)[0]}`, () => {
    assertEquals(windowOf(env).kind, kind);
  });
}

Deno.test("outside an integrated terminal there is no window to register", async () => {
  const terminals: Record<string, string>[] = [
    { TERM_PROGRAM: "tmux" },
    { VSCODE_IPC_HOOK_CLI: "" },
    { TMUX: "x" },
    {
      STY: "x",
    },
  ];
  for (const env of terminals) assertThrows(() => windowOf(env));
  await using sandbox = await makeSandbox();
  const { code, stderr } = await run(compiled, sandbox, { args: ["add", "--terminal"] });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "not an integrated terminal of an editor window");
  const both = await run(compiled, sandbox, { args: ["add", "--terminal", "/x.sock"] });
  assertEquals(both.code, 2);
  assertStringIncludes(both.stderr, "--terminal and SOCKET cannot be used together");
});

Deno.test("add --terminal registers the folders that the editor reports", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  const editor = await startEditor(sandbox);
  const { code, stderr } = await run(compiled, sandbox, {
    args: ["add", "--terminal"],
    env: {
      TERM_PROGRAM: "vscode",
      VSCODE_IPC_HOOK_CLI: editor.socketPath,
      SESSIONCTL_FOLDER: "/work/api\n/work/web",
    },
  });
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, `sessionctl: added ${editor.socketPath}; `);
  const [session] = await sessionsOf(server.socket);
  assertEquals(
    (session!.workspace as { folders: { uri: { path: string } }[] }).folders
      .map(({ uri }) => uri.path),
    ["/work/api", "/work/web"],
  );
});
