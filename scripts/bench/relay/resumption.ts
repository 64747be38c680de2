import { join } from "@std/path";
import { type Figure, scriptArguments } from "../lib/mod.ts";
import { figure } from "./measure.ts";
import type { Running } from "./scene.ts";

/** The number of concurrent clients; each has one connection at a time. */
const CLIENTS = 4;
/** The addresses that each of them connects from. */
const ADDRESSES = 8;
const SECONDS = 1;
const CLIENT = join(import.meta.dirname!, "resuming_client.ts");

/**
 * New connections of clients that resume their sessions; see `resuming_client.ts`. They come from
 * several addresses, as the clients of a server do.
 *
 * @returns no figure without OpenSSL's library.
 */
export async function resumption(
  title: string,
  running: readonly Running[],
): Promise<Figure[]> {
  if (!hasOpenssl()) return [];
  const measured = await figure({ title, unit: "connections/s" }, running, async ({ where }) => {
    const clients = Array.from({ length: CLIENTS }, (_, index) => runClient(where.port!, index));
    const results = await Promise.all(clients);
    const made = results.reduce((sum, one) => sum + one.made, 0);
    const resumed = results.reduce((sum, one) => sum + one.resumed, 0);
    const rate = results.reduce((sum, one) => sum + one.made / one.seconds, 0);
    const share = `${Math.round(resumed / made * 100)} %`;
    return { rate, amount: made, columns: { "sessions resumed": share } };
  });
  return [measured];
}

function hasOpenssl(): boolean {
  try {
    Deno.dlopen("libssl.so.3", {}).close();
    return true;
  } catch {
    return false;
  }
}

/** The output of `resuming_client.ts`. */
interface Result {
  readonly made: number;
  readonly resumed: number;
  readonly seconds: number;
}

async function runClient(port: number, index: number): Promise<Result> {
  const addresses = Array.from(
    { length: ADDRESSES },
    (_, at) => `127.0.0.${2 + index * ADDRESSES + at}`,
  );
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...scriptArguments(CLIENT), String(port), String(SECONDS), ...addresses],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(`resumption: ${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout));
}
