import { join } from "@std/path";
import { writeAll } from "../../src/platform/mod.ts";
import { type Order, type Program, type RunResult, source } from "./program.ts";

/**
 * Starts a process that answers many command lines, one after the other, for tests that compare
 * what sessionctl prints and sends. A process for each takes ten times the processor time. Call it
 * where the file is loaded: a test would leave the process behind.
 *
 * The process runs the sources, so each file also tests the compiled binary. Tests of what depends
 * on a process (how it ends, signals, terminals, inherited streams, the program's path) start one.
 *
 * @param wrap Changes how the process is started, such as `alone`.
 */
export async function sharedProcess(wrap = (program: Program) => program): Promise<Program> {
  const directory = await Deno.makeTempDir({ dir: "/tmp", prefix: "sctl-" });
  // Its own streams lead nowhere, as the programs that a command starts inherit them.
  const path = join(directory, "orders.sock");
  using listener = Deno.listen({ transport: "unix", path });
  const { command, args } = wrap({
    ...source,
    args: [...source.args.slice(0, -1), join(import.meta.dirname!, "shared_process_main.ts"), path],
  });
  const streams = { stdin: "null", stdout: "null", stderr: "inherit" } as const;
  new Deno.Command(command, { args: [...args], env: { NO_COLOR: "1" }, ...streams }).spawn();
  // It ends with this connection, and that with the tests of the file.
  const conn = await listener.accept();
  await Deno.remove(directory, { recursive: true });
  let last: Promise<unknown> = Promise.resolve();
  const answer = (order: Order): Promise<RunResult> => {
    const result = last.then(() => ask(conn, order));
    last = result.catch(() => {});
    return result;
  };
  return { ...source, answer };
}

/** Sends an order in one line of JSON, and reads the line that answers it. */
async function ask(conn: Deno.Conn, order: Order): Promise<RunResult> {
  await writeAll(conn, new TextEncoder().encode(`${JSON.stringify(order)}\n`));
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let line = "";
  while (!line.endsWith("\n")) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error(`the process ended at: ${order.args.join(" ")}`);
    line += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return JSON.parse(line);
}
