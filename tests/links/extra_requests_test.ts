/** `browse` and `clipboard` over a link, which the user at home allows by name. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { RegistryClient } from "../../src/registry/mod.ts";
import { makeSandbox, type Sandbox, startEditor, until } from "../support/mod.ts";
import { type LinkedRegistry, startLinkedRegistry } from "./support.ts";

const ALLOWED = ["--link-allow", "browse", "--link-allow", "clipboard"];
const browse = ({ ask }: LinkedRegistry, url: unknown) => ask("/v1/browse", { version: 1, url });
const copy = ({ ask }: LinkedRegistry, text: unknown) => ask("/v1/clipboard", { version: 1, text });

async function startWindow(sandbox: Sandbox, { socket }: LinkedRegistry) {
  const editor = await startEditor(sandbox);
  const workspace = { folders: [sandbox.path("home")] };
  await new RegistryClient({ socket }).addSession({ socketPath: editor.socketPath, workspace });
  return editor;
}

Deno.test("a linked machine opens no page and sets no clipboard without permission, and the error says how to allow it", async () => {
  await using sandbox = await makeSandbox();
  for (const args of [[], ["--link-allow", "browse:hostc"]]) {
    const linked = await startLinkedRegistry(sandbox, ...args);
    const editor = await startWindow(sandbox, linked);
    const page = await browse(linked, "https://example.org/");
    assertEquals([page.answer, page.reason], ["refused", "not-allowed"]);
    assertMatch(String(page.message), /run there: sessionctl serve --link-allow browse$/);
    assertEquals((await copy(linked, "text")).reason, "not-allowed");
    assertEquals(editor.messages, []);
    await until("the log tells", () => linked.log().some((line) => /refused browse/.test(line)));
    await linked.serving.stop();
  }
});

Deno.test("an allowed page opens through a window at home, and a text comes into its clipboard", async () => {
  await using sandbox = await makeSandbox();
  const linked = await startLinkedRegistry(sandbox, "--link-allow", "browse:hostb", ...ALLOWED);
  const editor = await startWindow(sandbox, linked);
  assertEquals(await browse(linked, "https://example.org/a?b=c#d"), { answer: "done" });
  assertEquals((await editor.nextMessage()).uris, ["https://example.org/a?b=c#d"]);
  assertEquals(await copy(linked, "two\nlines\t\u00e9"), { answer: "done" });
  assertEquals((await editor.nextMessage()).content, "two\nlines\t\u00e9");
  assertStringIncludes(linked.log().join("\n"), "hostb: browse https://example.org/a?b=c#d in ");
});

Deno.test("other schemes, users in URLs, long URLs, long texts and control characters are refused", async () => {
  await using sandbox = await makeSandbox();
  const linked = await startLinkedRegistry(sandbox, ...ALLOWED);
  const editor = await startWindow(sandbox, linked);
  const urls = [
    ...["file:///etc/passwd", "command:a", "vscode://b/c", "javascript:alert(1)", "//host", ""],
    ...["https://bank.example@evil.example/", `https://a.example/${"x".repeat(2048)}`, 1, null],
    ...["https://", "ftp://a.example/", "-oProxyCommand=x", "http:\n//", "data:text/html,x"],
  ];
  for (const url of urls) {
    assertEquals((await browse(linked, url)).reason, "malformed", String(url));
  }
  for (const text of ["\u001b[2J", "a\0b", "\u009b1A", "\ud800", "x".repeat(100_001), "", 1]) {
    assertEquals((await copy(linked, text)).reason, "malformed");
  }
  assertEquals(editor.messages, []);
});

Deno.test("pages are opened at a low rate", async () => {
  await using sandbox = await makeSandbox();
  const linked = await startLinkedRegistry(sandbox, ...ALLOWED);
  const editor = await startWindow(sandbox, linked);
  const answers = [];
  for (let at = 0; at < 20; at++) {
    answers.push((await browse(linked, `https://a.example/${at}`)).reason);
  }
  assert(answers.filter((reason) => reason === "rate").length >= 12);
  assert(editor.messages.length <= 8);
});
