import type { Sandbox } from "../support/mod.ts";
import { encode, type Pair, type RunningRelay, writePair } from "./support.ts";

/** Whether the relay answers a client with this certificate; `more` are options for openssl. */
export async function isAnswered(
  sandbox: Sandbox,
  relay: RunningRelay,
  pair: Pair,
  ...more: string[]
): Promise<boolean> {
  const { cert, key } = await writePair(sandbox, pair, "client");
  const child = new Deno.Command("openssl", {
    args: [
      ...["s_client", "-connect", `localhost:${relay.port}`, "-quiet"],
      ...["-cert", cert, "-key", key, ...more],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(encode("hello\n")).catch(() => {});
  const output = child.stdout.getReader();
  // The session arrives before the answer, so openssl has it by now. A rejected client gets EOF.
  const { value } = await output.read();
  await input.close().catch(() => {});
  await output.cancel();
  if (value !== undefined) child.kill();
  await child.status;
  return new TextDecoder().decode(value) === "hello\n";
}
