/** The process of `sharedProcess`: reads a line of JSON for each command line, and writes one. */
import { main } from "../../src/cli/dispatch.ts";
import { commands } from "../../src/commands/mod.ts";
import { writeAll } from "../../src/platform/mod.ts";
import type { Order, RunResult } from "./program.ts";

const conn = await Deno.connect({ transport: "unix", path: Deno.args[0]! });

/** Collects the output of a stream. */
class Kept {
  readonly #decoder = new TextDecoder();
  text = "";

  writeSync(bytes: Uint8Array): number {
    this.text += this.#decoder.decode(bytes, { stream: true });
    return bytes.length;
  }

  isTerminal(): boolean {
    return false;
  }
}

async function answer({ args, env, cwd, stdin = "" }: Order): Promise<RunResult> {
  for (const name of Object.keys(Deno.env.toObject())) Deno.env.delete(name);
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  Deno.chdir(cwd);
  const [out, err] = [new Kept(), new Kept()];
  const read = { readable: ReadableStream.from([new TextEncoder().encode(stdin)]) };
  Object.defineProperties(Deno, {
    stdin: { value: { ...read, isTerminal: () => false }, configurable: true },
    stdout: { value: out, configurable: true },
    stderr: { value: err, configurable: true },
  });
  const code = await main(args, "sessionctl", commands);
  // Leaves the sandbox, which is about to be removed.
  Deno.chdir("/");
  return { code, stdout: out.text, stderr: err.text };
}

let rest = "";
for await (const text of conn.readable.pipeThrough(new TextDecoderStream() as never)) {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) {
    const result = await answer(JSON.parse(line));
    await writeAll(conn, new TextEncoder().encode(`${JSON.stringify(result)}\n`));
  }
}
Deno.exit(0);
