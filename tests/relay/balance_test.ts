/** How workers share the clients (`--balance`). */
import { assert, assertEquals } from "@std/assert";
import { exists, makeSandbox } from "../support/mod.ts";
import { encode, installed, type RunningRelay, startEchoRelay } from "./support.ts";

const CLIENTS = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"];

/**
 * Connects from a local address with the TLS session of the last visit, and keeps the new one.
 *
 * @param session The file of the session; the first visit creates it.
 * @returns whether the session was resumed.
 */
async function visit(relay: RunningRelay, client: string, session: string): Promise<boolean> {
  const child = new Deno.Command("openssl", {
    args: [
      ...["s_client", "-connect", `127.0.0.1:${relay.port}`, "-bind", `${client}:0`],
      ...[...(exists(session) ? ["-sess_in", session] : []), "-sess_out", session],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(encode("hello\n"));
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    // The session arrives before the answer, so openssl has it by now.
    if (/^hello$/m.test(text)) await input.close().catch(() => {});
  }
  await child.status;
  return /^Reused, /m.test(text);
}

const ignore = Deno.build.os !== "linux" || !installed("openssl");

Deno.test("with --balance client each client resumes its TLS session with two workers", {
  ignore,
}, async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox, ["--workers", "2", "--balance", "client"]);
  for (const client of CLIENTS) {
    const again = [];
    for (let i = 0; i < 4; i++) again.push(await visit(relay, client, sandbox.path(client)));
    assertEquals(again, [false, true, true, true], client);
  }
});

Deno.test("with --balance connection the connections of one client reach both workers", {
  ignore,
}, async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox, ["--workers", "2"]);
  const [client] = CLIENTS;
  // Each visit after the first resumes the session with a probability of one half.
  let full = 0;
  for (let i = 0; i < 30 && full < 2; i++) {
    if (!(await visit(relay, client!, sandbox.path("session")))) full++;
  }
  assert(full === 2, "every visit reached the same worker");
});
