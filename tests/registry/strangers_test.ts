/**
 * Other programs that answer on a socket named as a registry's: no answer causes an internal error.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { compiled, limited, makeSandbox, type Program, run, type Sandbox } from "../support/mod.ts";
import type { HttpReply } from "../../src/http/server/mod.ts";
import { startHttpServer } from "../support/raw_http.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const ANSWERS = [
  "null",
  "1",
  '"text"',
  "[]",
  "{}",
  '{"sessions":null,"candidates":null,"pruned":null,"socketPath":null}',
  '{"sessions":[null],"candidates":[null],"pruned":[null],"socketPath":1}',
  '{"sessions":[{}],"candidates":[{"session":{},"folder":1}],"pruned":[{}],"status":"alive"}',
  "not JSON",
];

const COMMANDS = [
  ["find", "/w/a.ts"],
  ["find", "--all", "/w/a.ts"],
  ["list"],
  ["list", "--all"],
  ["status"],
  ["prune"],
  ["stop"],
  ["watch"],
  ["call", "registry", "list"],
  ["env", "--strict", "/w"],
  ["open", "--strict", "--dry-run", "/w/a.ts"],
  ["doctor"],
  ["remove", "/run/a.sock"],
];

const jsonText = (text: string): HttpReply => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: new TextEncoder().encode(text),
});

/** Runs each command against a server that answers every request with this JSON. */
async function askAll(sandbox: Sandbox, body: string, program: Program): Promise<void> {
  const { path } = startHttpServer(sandbox, {}, () => jsonText(body));
  for (const args of COMMANDS) {
    const result = run(program, sandbox, { args: [...args, "--socket", path] });
    // A command that never ends fails here.
    const { code, stderr } = await deadline(result, 20_000);
    const shown = `${args.join(" ")} got ${body}: ${code} ${stderr}`;
    assert(!stderr.includes("internal error"), shown);
    assert(code !== 137, `${shown}: it did not end`);
  }
}

for (const body of ANSWERS) {
  Deno.test(`a server that answers ${body} causes one of our errors or no output`, async () => {
    await using sandbox = await makeSandbox();
    await askAll(sandbox, body, shared);
  });
}

Deno.test("every command ends after an answer that is not an object", async () => {
  await using sandbox = await makeSandbox();
  await askAll(sandbox, "null", limited(compiled));
});

Deno.test("the error names the socket and suggests to check that it is a registry's", async () => {
  await using sandbox = await makeSandbox();
  const { path } = startHttpServer(sandbox, {}, () => jsonText("null"));
  const args = ["find", "/w/a.ts", "--socket", path];
  const { code, stderr } = await run(compiled, sandbox, { args });
  assertEquals(code, 1);
  assertStringIncludes(stderr, `${path} does not answer /session like a registry`);
  assertStringIncludes(stderr, "check that this is a registry's socket");
});
