import { basename, join } from "@std/path";
import { SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";
import { localPathOf, type OpenItem } from "./item.ts";

/** A line that git's merge puts around conflicting changes, with or without a label. */
const MARKER = /^(?:<{7,}|>{7,})(?: |\r?$)/;

/** The result of a three-way merge, before and after the user edited it. */
export class MergeResult {
  readonly #path: string;
  readonly #inputs: readonly string[];
  readonly #before: Uint8Array | undefined;

  private constructor(path: string, inputs: readonly string[]) {
    this.#path = path;
    this.#inputs = inputs;
    this.#before = readIfThere(path);
  }

  /**
   * Reads the result before the merge.
   *
   * @param items The items of `open --merge`: A, B, BASE and RESULT.
   * @returns undefined if RESULT is not a local file.
   */
  static before(items: readonly OpenItem[]): MergeResult | undefined {
    const paths = items.map(localPathOf);
    const path = paths[3];
    if (path === undefined) return undefined;
    return new MergeResult(path, paths.slice(0, 3).filter((input) => input !== undefined));
  }

  /**
   * Checks that the merge was done: RESULT exists, differs from its former content, and has no
   * conflict marker that none of the inputs has.
   *
   * @param keepIn Returns a directory for a copy of a partial result: `git mergetool` restores its
   * own backup when the tool fails.
   * @throws {SessionctlError} `NOT_MERGED`.
   */
  check(keepIn: () => string): void {
    const shown = printablePath(this.#path);
    const after = readIfThere(this.#path);
    if (after === undefined) throw notMerged(`the result ${shown} does not exist`);
    if (this.#before !== undefined && sameBytes(this.#before, after)) {
      throw notMerged(`the result ${shown} is unchanged`, "save it, even without changes");
    }
    const line = leftoverMarker(after, this.#inputs);
    if (line === undefined) return;
    const copy = join(keepIn(), basename(this.#path));
    Deno.writeFileSync(copy, after, { mode: 0o600 });
    throw notMerged(
      `the result ${shown} still has a conflict marker in line ${line}`,
      `git may restore the file; a copy of the result is ${printablePath(copy)}`,
    );
  }
}

function notMerged(message: string, hint?: string): SessionctlError {
  return new SessionctlError("NOT_MERGED", message, { hint });
}

/** The number of the first marker line that none of the inputs contains. */
function leftoverMarker(result: Uint8Array, inputs: readonly string[]): number | undefined {
  const lines = linesOf(result);
  const markers = lines.filter((line) => MARKER.test(line));
  if (markers.length === 0) return undefined;
  const known = new Set(
    inputs.flatMap((path) => linesOf(readIfThere(path) ?? new Uint8Array()))
      .filter((line) => MARKER.test(line)),
  );
  const leftover = markers.find((line) => !known.has(line));
  return leftover === undefined ? undefined : lines.indexOf(leftover) + 1;
}

/** Splits into lines. Markers are ASCII, whatever the encoding of the rest. */
function linesOf(bytes: Uint8Array): string[] {
  return new TextDecoder("latin1").decode(bytes).split("\n");
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
