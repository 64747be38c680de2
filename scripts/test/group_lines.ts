/**
 * The output of `deno test` for groups of files, as if each file ran in an isolate of its own.
 */

// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;
const COLOUR = `(?:${COLOURS.source})*`;
/** GROUP => FILE => TEST ... */
const TEST = new RegExp(
  `^(${COLOUR})(\\S+/\\d{3}\\.ts) =>(${COLOUR}) (${COLOUR})(\\S+_test\\.ts) => `,
);
/** FILE => TEST => PLACE, above the text of a failure. */
const TITLE = new RegExp(`^(\\S+_test\\.ts) => (.* ${COLOUR}=>) (\\S+?)(${COLOUR})$`);
/** The place at which a test of a group is registered. */
const REGISTERED = /\/group\.ts:\d+:\d+$/;

/** Replaces the groups by their files. */
export class GroupLines extends TransformStream<Uint8Array, Uint8Array> {
  /** The file of each group's last line. */
  readonly #last = new Map<string, string>();
  /** The files of the groups that ended with an uncaught error. */
  readonly #uncaught = new Map<string, string>();
  /** The uncaught errors whose file is not known before the next line of their group. */
  readonly #pending = new Map<string, string>();
  #rest = "";

  constructor() {
    const decoder = new TextDecoder();
    const encoder = new TextEncoder();
    super({
      transform: (chunk, controller) => {
        const lines = (this.#rest + decoder.decode(chunk, { stream: true })).split("\n");
        this.#rest = lines.pop()!;
        const text = lines.flatMap((line) => this.#line(line)).map((line) => `${line}\n`).join("");
        controller.enqueue(encoder.encode(text));
      },
      flush: (controller) => controller.enqueue(encoder.encode(this.#line(this.#rest).join("\n"))),
    });
  }

  #line(line: string): string[] {
    const test = TEST.exec(line);
    if (test !== null) return this.#test(line, test);
    const plain = line.replaceAll(COLOURS, "");
    const uncaught = /^Uncaught error from (\S+\/\d{3}\.ts) FAILED$/.exec(plain)?.[1];
    if (uncaught !== undefined) {
      this.#pending.set(uncaught, line);
      return [];
    }
    if (plain === " ERRORS ") {
      return [...[...this.#pending.keys()].flatMap((group) => this.#settle(group)), line];
    }
    const module = /^(\S+\/\d{3}\.ts) \(uncaught error\)$/.exec(plain)?.[1];
    if (module !== undefined) return [line.replace(module, `./${this.#uncaught.get(module)}`)];
    return [
      line.replace(
        TITLE,
        (_, file, title, place, end) =>
          `${title} ${REGISTERED.test(place) ? `./${file}` : place}${end}`,
      ),
    ];
  }

  #test(line: string, [whole, before, group, middle, after, file]: readonly string[]): string[] {
    this.#last.set(group!, file!);
    return [
      ...this.#settle(group!),
      `${before}./${file} =>${middle} ${after}${line.slice(whole!.length)}`,
    ];
  }

  /** The line of an uncaught error: it belongs to the file of the test that it cancelled. */
  #settle(group: string): string[] {
    const line = this.#pending.get(group);
    if (line === undefined) return [];
    this.#pending.delete(group);
    const file = this.#last.get(group) ?? group;
    this.#uncaught.set(group, file);
    return [line.replace(group, `./${file}`)];
  }
}
