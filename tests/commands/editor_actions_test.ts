/** What is not opening: browse, clipboard, extensions, status, version. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  compiled,
  type EditorMessage,
  makeSandbox,
  run,
  type RunResult,
  startEditor,
  testProgram,
} from "../support/mod.ts";

async function asked(
  args: string[],
  options: { answer?: unknown; stdin?: string; program?: typeof compiled } = {},
): Promise<RunResult & { messages: readonly EditorMessage[]; directory: string }> {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox, { answer: () => options.answer ?? null });
  const result = await run(options.program ?? compiled, sandbox, {
    args,
    stdin: options.stdin,
    env: { VSCODE_IPC_HOOK_CLI: editor.socketPath },
  });
  return { ...result, messages: editor.messages, directory: sandbox.directory };
}

testProgram("browse sends URLs, and files by their URLs", async (program) => {
  const { code, messages, directory } = await asked(
    ["browse", "http://localhost:8080/a b", "page.html", "mailto:ann@example.org"],
    { program },
  );
  assertEquals(code, 0);
  assertEquals(messages, [{
    type: "openExternal",
    uris: [
      "http://localhost:8080/a%20b",
      `file://${directory}/page.html`,
      "mailto:ann@example.org",
    ],
  }]);
});

Deno.test("open --dry-run never installs, opens or copies anything", async () => {
  for (
    const action of [
      ["--install-extension", "denoland.vscode-deno"],
      ["--openExternal", "https://example.org/"],
      ["--list-extensions"],
    ]
  ) {
    const { code, stderr, messages } = await asked(["open", "--dry-run", ...action]);
    assertEquals([code, messages], [2, []], stderr);
    assertStringIncludes(stderr, "nothing was sent");
  }
});

Deno.test("browse without a URL, or with a wrong one, is a usage error", async () => {
  assertEquals((await asked(["browse"])).code, 2);
  const wrong = await asked(["browse", "http://a b:x"]);
  assertEquals([wrong.code, wrong.messages], [2, []]);
  assertStringIncludes(wrong.stderr, "not a URL");
  for (const bare of ["localhost:8080", "localhost/a", "box:3000/x", "www.example.org"]) {
    const { code, messages, stderr } = await asked(["browse", bare]);
    assertEquals([code, messages], [2, []]);
    assertStringIncludes(stderr, `write it with its scheme: http://${bare}\n`);
  }
});

Deno.test("what a program left of BROWSER's %s is no URL, unless it is all there is", async () => {
  const uris = async (...urls: string[]) => {
    const { messages, directory } = await asked(["browse", ...urls]);
    return [messages[0]!.uris, directory];
  };
  assertEquals((await uris("%s", "https://example.org/"))[0], ["https://example.org/"]);
  const [alone, directory] = await uris("%s");
  assertEquals(alone, [`file://${directory}/%25s`]);
});

Deno.test("open --openExternal, which VS Code's BROWSER script calls, is browse", async () => {
  const { messages } = await asked(["open", "--openExternal", "https://example.org/"]);
  assertEquals(messages, [{ type: "openExternal", uris: ["https://example.org/"] }]);
});

testProgram("clipboard sends stdin as it is", async (program) => {
  const text = "tränen\n\n";
  const { code, stdout, messages } = await asked(["clipboard"], { stdin: text, program });
  assertEquals([code, stdout], [0, ""]);
  assertEquals(messages, [{ type: "clipboard", content: text }]);
});

Deno.test("what is too long for a clipboard is not sent", async () => {
  const { code, stderr, messages } = await asked([
    ...["-c", 'head -c 17M /dev/zero | "$0" clipboard', compiled.command],
  ], {
    program: { name: "compiled", command: "sh", args: [] },
  });
  assertEquals([code, messages], [1, []]);
  assertStringIncludes(stderr, "stdin passes 16 MiB");
});

Deno.test("an editor that knows no clipboard is named, with one that does", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox, { behaviour: "unknown" });
  const result = await run(compiled, sandbox, {
    args: ["clipboard", "--to", editor.socketPath],
    stdin: "x",
  });
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, 'does not know "clipboard"');
  assertStringIncludes(result.stderr, "code-server can do it");
});

const LISTED = "Extensions installed on SSH: box:\nms-python.python@2024.1.0\nann.tool@1.0.0";

for (
  const [args, message] of [
    [["extensions", "list"], { list: { showVersions: false }, force: false }],
    [["extensions", "list", "--show-versions", "--category", "themes"], {
      list: { showVersions: true, category: "themes" },
      force: false,
    }],
    [["extensions", "install", "a.b", "c.d@1.2.3", "--force"], {
      install: ["a.b", "c.d@1.2.3"],
      force: true,
    }],
    [["extensions", "uninstall", "a.b"], { uninstall: ["a.b"], force: false }],
    [["open", "--list-extensions", "--show-versions"], {
      list: { showVersions: true },
      force: false,
    }],
    [["open", "--install-extension", "a.b", "--install-extension=c.d", "--force"], {
      install: ["a.b", "c.d"],
      force: true,
    }],
    [["open", "--uninstall-extension", "a.b"], { uninstall: ["a.b"], force: false }],
  ] as const
) {
  Deno.test(`${args.join(" ")} sends the request and prints the answer`, async () => {
    const { code, stdout, messages } = await asked([...args], { answer: LISTED });
    assertEquals([code, stdout], [0, `${LISTED}\n`]);
    assertEquals(messages, [{ type: "extensionManagement", ...message }]);
  });
}

Deno.test("a .vsix file is sent by its URL", async () => {
  const { messages, directory } = await asked(["extensions", "install", "my ext.VSIX"]);
  assertEquals(messages[0]!.install, [`file://${directory}/my%20ext.VSIX`]);
});

Deno.test("extensions list --json gives identifiers and versions", async () => {
  const { stdout } = await asked(["extensions", "list", "--json"], { answer: LISTED });
  assertEquals(JSON.parse(stdout), [
    { id: "ms-python.python", version: "2024.1.0" },
    { id: "ann.tool", version: "1.0.0" },
  ]);
});

Deno.test("extensions wants to know what to do, and with what", async () => {
  for (const args of [[], ["remove", "a.b"], ["install"], ["list", "a.b"]]) {
    const { code, messages } = await asked(["extensions", ...args]);
    assertEquals([code, messages], [2, []]);
  }
});

Deno.test("open --status prints what the editor says, without what steers a terminal", async () => {
  const answer = "Version: 1\nCPU:\t2\x1b[31m";
  const { code, stdout, messages } = await asked(["open", "-s"], { answer });
  assertEquals([code, stdout], [0, "Version: 1\nCPU:\t2\u{fffd}[31m\n"]);
  assertEquals(messages, [{ type: "status" }]);
});

Deno.test("open --version prints three lines as VS Code does, and asks nobody", async () => {
  const { code, stdout, messages } = await asked(["open", "-v"]);
  assertEquals([code, messages], [0, []]);
  assertMatch(stdout, /^[0-9]+\.[0-9]+\.[0-9]+\nsessionctl\n\w+\n$/);
});
