import { join, resolve } from "@std/path";
import { ownImportMap } from "../../scripts/import_map.ts";
import { writeAll } from "../../src/platform/mod.ts";
import { type Order, type Program, type RunResult, source } from "./program.ts";

type Wrap = (program: Program) => Program;

const asItIs: Wrap = (program) => program;

/** The processes of this isolate, which several files may share. */
const processes = new Map<Wrap, Promise<Program>>();

/**
 * Starts a process that runs many command lines, one after the other, for tests of sessionctl's
 * output and messages. One process per command line would take ten times the processor time. Call
 * this while the file is loaded: inside a test, the process would count as a leak.
 *
 * The process runs the sources, so each file also tests the compiled binary. Tests that depend on a
 * process (its end, signals, terminals, inherited streams, the program's path) start one.
 *
 * @param wrap Changes how the process is started, such as `alone`.
 */
export function sharedProcess(wrap: Wrap = asItIs): Promise<Program> {
  const started = processes.get(wrap) ?? startProcess(wrap);
  processes.set(wrap, started);
  return started;
}

async function startProcess(wrap: Wrap): Promise<Program> {
  const directory = await Deno.makeTempDir({ dir: "/tmp", prefix: "sctl-" });
  // A socket instead of the standard streams, because programs that a command starts inherit those.
  const path = join(directory, "orders.sock");
  using listener = Deno.listen({ transport: "unix", path });
  const { command, args } = wrap({
    ...source,
    args: [
      ...source.args.slice(0, -1),
      `--import-map=${ownImportMap(resolve(import.meta.dirname!, "../.."))}`,
      join(import.meta.dirname!, "shared_process_main.ts"),
      path,
    ],
  });
  const streams = { stdin: "null", stdout: "null", stderr: "inherit" } as const;
  new Deno.Command(command, { args: [...args], env: { NO_COLOR: "1" }, ...streams }).spawn();
  // The process ends with this connection, which ends with the tests of the file.
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
