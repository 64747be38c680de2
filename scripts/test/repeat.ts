import type { Run } from "./run.ts";
import { countLine } from "./summary.ts";

/**
 * Keeps every core busy until it is disposed of. Tests that pass meanwhile do not depend on an idle
 * machine.
 */
export class BusyCores implements AsyncDisposable {
  readonly #children: readonly Deno.ChildProcess[];

  constructor(cores = navigator.hardwareConcurrency) {
    this.#children = Array.from({ length: cores }, () =>
      new Deno.Command(Deno.execPath(), {
        args: ["eval", "--quiet", "for (;;) Math.random();"],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all(this.#children.map(({ status }) => status));
  }
}

/** A table of all runs, then the tests that failed in any of them. */
export function repeatTable(runs: readonly (Run & { readonly busy: boolean })[]): string[] {
  const rows = runs.map(({ busy, seconds, success, results }, index) =>
    [
      String(index + 1).padStart(4),
      success ? "ok    " : "FAILED",
      busy ? "busy" : "    ",
      `${seconds.toFixed(0)} s`.padStart(7),
      countLine(results),
    ].join("  ")
  );
  const failed = new Map<string, number>();
  for (const { results } of runs) {
    for (const { outcome, file, name } of results) {
      if (outcome !== "failed") continue;
      const key = `${file}: ${name}`;
      failed.set(key, (failed.get(key) ?? 0) + 1);
    }
  }
  return [
    ...rows,
    ...[...failed].map(([test, times]) => `failed ${times} of ${runs.length}: ${test}`),
  ];
}
