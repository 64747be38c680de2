/** The values of EDITOR and BROWSER in programs that each read them in their own way. */
import { assertEquals } from "@std/assert";
import { fileUri } from "../../src/editor/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";
import {
  type FakeEditor,
  makeSandbox,
  run,
  type Sandbox,
  source,
  startEditor,
} from "../support/mod.ts";
import { runCommand, testWith, withProgramOnPath } from "./support.ts";

const URL_TO_OPEN = "http://localhost:8080/a?b=1&c=%20d";

/** The ways in which programs read BROWSER: commands in an environment that has it. */
const BROWSERS: Record<string, readonly string[]> = {
  "xdg-open": ["xdg-open", URL_TO_OPEN],
  "python3": ["python3", "-m", "webbrowser", URL_TO_OPEN],
  // Scripts split it at spaces and append the URL.
  "sh": ["sh", "-c", '$BROWSER "$1"', "sh", URL_TO_OPEN],
};

/** Programs that take EDITOR as the name of one program need a link without arguments. */
const EDITORS: Record<string, { readonly argv: readonly string[]; readonly linked: boolean }> = {
  "sh -c": { argv: ["sh", "-c", '$EDITOR "$1"', "sh", "a b.txt"], linked: false },
  "git's way": {
    argv: ["sh", "-c", `sh -c "$EDITOR \\"\\$@\\"" x "$1"`, "sh", "a b.txt"],
    linked: false,
  },
  "one program": { argv: ["sh", "-c", '"$EDITOR" "$1"', "sh", "a b.txt"], linked: true },
};

async function startScene(
  sandbox: Sandbox,
  linked: boolean,
): Promise<{ editor: FakeEditor; env: Record<string, string> }> {
  await withProgramOnPath(sandbox);
  const server = await startServer(sandbox);
  const editor = await startEditor(sandbox);
  await register(server.socket, editor.socketPath, sandbox.directory);
  const link = linked ? ["--link", sandbox.path("links")] : [];
  const { stdout } = await runCommand(sandbox, "sh", [
    ...["-c", 'eval "$(sessionctl init bash --editor --browser "$@")"; env', "sh", ...link],
  ]);
  const variables = stdout.split("\n").flatMap((line) => {
    const [, name, value] = /^(EDITOR|BROWSER)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value!]];
  });
  return { editor, env: Object.fromEntries(variables) };
}

for (const linked of [false, true]) {
  const how = linked ? "a link" : "a command";
  for (const [program, [command, ...args]] of Object.entries(BROWSERS)) {
    testWith([program], `BROWSER as ${how} opens what ${program} gives it`, async () => {
      await using sandbox = await makeSandbox();
      const { editor, env } = await startScene(sandbox, linked);
      const { code, stderr } = await runCommand(sandbox, command!, args, { env });
      assertEquals([code, stderr], [0, ""]);
      assertEquals((await editor.nextMessage()).uris, [URL_TO_OPEN]);
    });
  }
  for (const [way, { argv, linked: needsLink }] of Object.entries(EDITORS)) {
    if (needsLink && !linked) continue;
    Deno.test(`EDITOR as ${how}, run by ${way}, waits for the tab to close`, async () => {
      await using sandbox = await makeSandbox();
      const { editor, env } = await startScene(sandbox, linked);
      const edited = runCommand(sandbox, argv[0]!, argv.slice(1), { env });
      assertEquals((await editor.nextMessage()).fileURIs, [fileUri(sandbox.path("a b.txt"))]);
      await editor.closeTab();
      const { code, stderr } = await edited;
      assertEquals([code, stderr], [0, ""]);
    });
  }
}

Deno.test("a lone %s is a file of that name", async () => {
  await using sandbox = await makeSandbox();
  const { editor } = await startScene(sandbox, false);
  await Deno.writeTextFile(sandbox.path("%s"), "");
  const { code } = await run(source, sandbox, { args: ["browse", "%s"] });
  assertEquals(code, 0);
  assertEquals((await editor.nextMessage()).uris, [fileUri(sandbox.path("%s"))]);
});
