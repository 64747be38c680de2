import { readLine } from "./report.ts";

const UNITS = { "µs": 1e-3, ms: 1, s: 1000, m: 60_000 } as const;

/** The milliseconds of a duration as Deno prints it, such as `1m12s`, `3s` and `264ms`. */
export function readDuration(text: string): number {
  return [...text.matchAll(/(\d+)(µs|ms|s|m)/g)]
    .reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit as keyof typeof UNITS], 0);
}

/**
 * Measures how long each file takes, from the times at which Deno prints the ends of its tests. A
 * file's tests run one after the other, so it takes from the start of its first to the end of its
 * last. Loading the file is not included.
 */
export class FileClock {
  readonly #files = new Map<string, { from: number; to: number }>();
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** Reads a chunk of the output that arrived at a time in milliseconds. */
  read(chunk: Uint8Array, at: number): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const file = readLine(line, "")?.file ?? "";
      if (file === "") continue;
      const duration = readDuration(/\(([\dµms]+)\)\S*$/.exec(line)?.[1] ?? "");
      const { from } = this.#files.get(file) ?? { from: at - duration };
      this.#files.set(file, { from, to: at });
    }
  }

  /** The seconds of each file, the slowest first. */
  seconds(): [file: string, seconds: number][] {
    return [...this.#files]
      .map(([file, { from, to }]): [string, number] => [file, (to - from) / 1000])
      .sort(([, a], [, b]) => b - a);
  }
}

/** The slowest files of a run, with the sum of all. */
export function slowestLines(files: readonly [string, number][], count: number): string[] {
  const sum = files.reduce((total, [, seconds]) => total + seconds, 0);
  return [
    `The slowest of ${files.length} files, which take ${sum.toFixed(1)} s together:`,
    ...files.slice(0, count).map(([file, seconds]) =>
      `${seconds.toFixed(1).padStart(7)} s  ${file}`
    ),
  ];
}
