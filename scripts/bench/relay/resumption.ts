import { installed } from "../../../tests/relay/support.ts";
import type { Figure } from "../lib/mod.ts";
import { figure } from "./measure.ts";
import type { Running } from "./scene.ts";

/** The number of concurrent clients; each has one connection at a time. */
const CLIENTS = 4;

/**
 * New connections of a client that resumes its session: openssl's s_time, which requests one answer
 * of 1 kB on each.
 *
 * @returns no figure if openssl is not installed.
 */
export async function resumption(
  title: string,
  running: readonly Running[],
): Promise<Figure[]> {
  if (!installed("openssl")) return [];
  const measured = await figure({ title, unit: "connections/s" }, running, async ({ where }) => {
    const results = await Promise.all(Array.from({ length: CLIENTS }, () => once(where.port!)));
    const made = results.reduce((sum, one) => sum + one.made, 0);
    const resumed = results.reduce((sum, one) => sum + one.resumed, 0);
    const rate = results.reduce((sum, one) => sum + one.made / one.seconds, 0);
    const share = `${Math.round(resumed / made * 100)} %`;
    return { rate, amount: made, columns: { "sessions resumed": share } };
  });
  return [measured];
}

interface Result {
  readonly made: number;
  readonly resumed: number;
  readonly seconds: number;
}

async function once(port: number): Promise<Result> {
  const started = performance.now();
  const { stdout, stderr } = await new Deno.Command("openssl", {
    // s_time counts whole clock seconds, so it takes between one and two seconds.
    args: ["s_time", "-connect", `127.0.0.1:${port}`, "-reuse", "-time", "1", "-www", "/"],
    stdin: "null",
  }).output();
  const seconds = (performance.now() - started) / 1000;
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  // One mark for each connection: r if it resumed the session, * or t if not.
  const marks = /^[r*t]+$/m.exec(text)?.[0] ?? "";
  const made = Number(/(\d+) connections in .* real seconds/.exec(text)?.[1]);
  if (!(made > 0)) throw new Error(`openssl s_time made no connection: ${text}`);
  return { made, resumed: marks.replaceAll(/[^r]/g, "").length, seconds };
}
