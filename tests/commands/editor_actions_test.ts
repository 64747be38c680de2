/** Actions other than opening: browse, clipboard, extensions, status, version. */
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
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

async function asked(
  args: string[],
  options: {
    answer?: unknown;
    /** The editor's answer to each message, instead of `answer`. */
    answers?: (message: EditorMessage) => unknown;
    stdin?: string;
    program?: typeof compiled;
  } = {},
): Promise<RunResult & { messages: readonly EditorMessage[]; directory: string }> {
  await using sandbox = await makeSandbox();
  await Deno.writeTextFile(sandbox.path("page.html"), "");
  const editor = await startEditor(sandbox, {
    answer: options.answers ?? (() => options.answer ?? null),
  });
  const result = await run(options.program ?? shared, sandbox, {
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
}, { source: shared });

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
  for (
    const bare of [
      ...["localhost:8080", "localhost/a", "box:3000/x", "www.example.org", "example.com"],
      ...["example.com/a?b", "example.com:80"],
    ]
  ) {
    const { code, messages, stderr } = await asked(["browse", bare]);
    assertEquals([code, messages], [2, []]);
    assertStringIncludes(stderr, `write it with its scheme: http://${bare}\n`);
  }
});

Deno.test("browse distinguishes text that is neither a URL nor a file from a host without a scheme", async () => {
  for (const text of ["not a url", "no-such-file", "/no/such/file", "a..b"]) {
    const { code, messages, stderr } = await asked(["browse", text]);
    assertEquals([code, messages], [2, []]);
    assertStringIncludes(stderr, `${JSON.stringify(text)} is not a URL, and there is no such file`);
    assertStringIncludes(stderr, "a URL begins with its scheme");
  }
});

Deno.test("browse ignores an unreplaced %s of BROWSER", async () => {
  const { messages } = await asked(["browse", "%s", "https://example.org/"]);
  assertEquals(messages[0]!.uris, ["https://example.org/"]);
  assertEquals((await asked(["browse", "%s"])).code, 2);
});

Deno.test("open --openExternal, which VS Code's BROWSER script calls, acts like browse", async () => {
  const { messages } = await asked(["open", "--openExternal", "https://example.org/"]);
  assertEquals(messages, [{ type: "openExternal", uris: ["https://example.org/"] }]);
});

testProgram("clipboard sends stdin unchanged", async (program) => {
  const text = "tränen\n\n";
  const { code, stdout, messages } = await asked(["clipboard"], { stdin: text, program });
  assertEquals([code, stdout], [0, ""]);
  assertEquals(messages, [{ type: "clipboard", content: text }]);
}, { source: shared });

Deno.test("a text that is too long for a clipboard is not sent", async () => {
  const { code, stderr, messages } = await asked([
    ...["-c", 'head -c 17M /dev/zero | "$0" clipboard', compiled.command],
  ], {
    program: { name: "compiled", command: "sh", args: [] },
  });
  assertEquals([code, messages], [1, []]);
  assertStringIncludes(stderr, "stdin exceeds 16 MiB");
});

Deno.test("the error for an editor without a clipboard names one that has it", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox, { behaviour: "unknown" });
  const result = await run(compiled, sandbox, {
    args: ["clipboard", "--to", editor.socketPath],
    stdin: "x",
  });
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, 'does not know "clipboard"');
  assertStringIncludes(result.stderr, "code-server supports this");
});

const HEADING = "Extensions installed on SSH: box:";
const IDS = "ms-python.python@2024.1.0\nann.tool@1.0.0";
const LISTED = `${HEADING}\n${IDS}`;

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
    const done = [..."install" in message ? message.install : ["a.b"]]
      .map((id) => `Extension '${id.replace(/@.*/, "")}' was successfully dealt with.`).join("\n");
    const lists = "list" in message;
    const { code, stdout, stderr, messages } = await asked([...args], {
      answer: lists ? LISTED : done,
    });
    assertEquals([code, stdout], [0, `${lists ? IDS : done}\n`], stderr);
    assertEquals(stderr, lists ? `${HEADING}\n` : "");
    assertEquals(messages, [{ type: "extensionManagement", ...message }]);
  });
}

Deno.test("the heading of a list goes to stderr, and --quiet omits it", async () => {
  const { stdout, stderr } = await asked(["extensions", "list", "--quiet"], { answer: LISTED });
  assertEquals([stdout, stderr], [`${IDS}\n`, ""]);
});

/** Failures in VS Code's wording. */
const failures: [string[], string, string][] = [
  [
    ["extensions", "install", "nobody.nothing"],
    "Installing extensions on SSH: box...\nExtension 'nobody.nothing' not found.\n" +
    "Make sure you use the full extension ID, including the publisher, e.g.: ms-dotnettools.csharp\n" +
    "Failed Installing Extensions: nobody.nothing",
    "Extension 'nobody.nothing' not found.",
  ],
  [
    ["open", "--install-extension", "a.b", "--install-extension", "c.d"],
    "Installing extensions...\nExtension 'a.b' v1.0.0 was successfully installed.\n" +
    "getaddrinfo ENOTFOUND open-vsx.org\nFailed Installing Extensions: c.d",
    "Failed Installing Extensions: c.d",
  ],
  [
    ["extensions", "uninstall", "a.b"],
    "Extension 'a.b' is not installed.\nMake sure you use the full extension ID",
    "Extension 'a.b' is not installed.",
  ],
  [
    ["open", "--uninstall-extension", "vscode.git"],
    "Extension 'vscode.git' is a Built-in extension and cannot be uninstalled",
    "is a Built-in extension",
  ],
];

for (const [args, answer, reason] of failures) {
  Deno.test(`${args.join(" ")}: a failure that the editor reports exits 1`, async () => {
    const plain = await asked(args, { answer });
    assertEquals([plain.code, plain.stdout], [1, `${answer}\n`]);
    assertStringIncludes(plain.stderr, reason);
    const json = await asked([...args, "--json"], { answer });
    assertEquals(json.code, 1);
    assertEquals(JSON.parse(json.stdout).output, answer.split("\n"));
    const { error } = JSON.parse(json.stderr);
    assertEquals(error.code, "EDITOR_REFUSED");
    assertStringIncludes(error.message, reason);
  });
}

Deno.test("if the editor uses another language, the installed extensions decide", async () => {
  const german = "Erweiterungen werden installiert...";
  const outcome = async (args: string[], installed: string[]) => {
    const { code, stderr, messages } = await asked(["extensions", ...args], {
      answers: ({ list }) =>
        list ? ["Installierte Erweiterungen:", ...installed].join("\n") : german,
    });
    assertEquals(messages.length, 2);
    return [code, /: ([^:]*: (?:not|still) installed)/.exec(stderr)?.[1]];
  };
  assertEquals(await outcome(["install", "a.b", "C.d@1.0.0"], ["A.b", "c.D"]), [0, undefined]);
  assertEquals(await outcome(["install", "a.b", "c.d"], ["a.b"]), [1, "c.d: not installed"]);
  assertEquals(await outcome(["uninstall", "a.b"], ["c.d"]), [0, undefined]);
  assertEquals(await outcome(["uninstall", "a.b"], ["a.b"]), [1, "a.b: still installed"]);
});

Deno.test("a .vsix file is sent by its URL", async () => {
  const { messages, directory } = await asked(["extensions", "install", "my ext.VSIX"]);
  assertEquals(messages[0]!.install, [`file://${directory}/my%20ext.VSIX`]);
});

Deno.test("extensions list --json prints identifiers and versions", async () => {
  const { stdout } = await asked(["extensions", "list", "--json"], { answer: LISTED });
  assertEquals(JSON.parse(stdout), [
    { id: "ms-python.python", version: "2024.1.0" },
    { id: "ann.tool", version: "1.0.0" },
  ]);
});

Deno.test("extensions without an action or an extension is a usage error", async () => {
  for (const args of [[], ["remove", "a.b"], ["install"], ["list", "a.b"]]) {
    const { code, messages } = await asked(["extensions", ...args]);
    assertEquals([code, messages], [2, []]);
  }
});

Deno.test("open --status prints the editor's answer without terminal control characters", async () => {
  const answer = "Version: 1\nCPU:\t2\x1b[31m";
  const { code, stdout, messages } = await asked(["open", "-s"], { answer });
  assertEquals([code, stdout], [0, "Version: 1\nCPU:\t2\u{fffd}[31m\n"]);
  assertEquals(messages, [{ type: "status" }]);
});

Deno.test("open --version prints three lines like VS Code, and asks no editor", async () => {
  const { code, stdout, messages } = await asked(["open", "-v"]);
  assertEquals([code, messages], [0, []]);
  assertMatch(stdout, /^[0-9]+\.[0-9]+\.[0-9]+\nsessionctl\n\w+\n$/);
});
