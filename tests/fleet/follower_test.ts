import { assert, assertEquals } from "@std/assert";
import { type Change, Engine, type KeyValue, type Range } from "../../src/fleet/engine/mod.ts";
import { readWatch } from "../../src/fleet/engine/watch.ts";
import { Directory, type FleetSnapshot } from "../../src/fleet/directory.ts";
import { Follower } from "../../src/fleet/follower.ts";
import { FleetKeys } from "../../src/fleet/keys.ts";
import { until } from "../support/mod.ts";

const keys = new FleetKeys("ann");
const MEGABYTE = 1024 * 1024;
const WINDOWS = Array.from({ length: 400 }, (_, at) => ({
  key: keys.window(`host${at % 10}`, `w${at}`),
  value: JSON.stringify({ name: "x".repeat(50_000), folders: [] }),
}));

/** An engine that answers with all windows in one page, and again in one message of changes. */
class WideEngine extends Engine {
  override async *pages(): AsyncGenerator<Range, void, string | undefined> {
    yield { entries: WINDOWS, revision: 1 };
  }

  override async *watch(_prefix: string, _from: number, signal: AbortSignal) {
    yield { changes: WINDOWS.map((entry) => ({ ...entry, revision: 2 })), revision: 2 };
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }
}

/** Records how much it takes in one turn of the event loop, in characters. */
class RecordingDirectory extends Directory {
  readonly most = { snapshot: 0, changes: 0 };
  changes = 0;
  #inTurn = 0;

  turn(): void {
    this.#inTurn = 0;
  }

  override beginSnapshot(): FleetSnapshot {
    const { take, complete } = super.beginSnapshot();
    return {
      complete,
      take: (entry) => {
        this.#record("snapshot", entry);
        take(entry);
      },
    };
  }

  override apply(change: Change): void {
    this.#record("changes", change);
    this.changes++;
    super.apply(change);
  }

  #record(kind: "snapshot" | "changes", { value = "" }: Partial<KeyValue>): void {
    this.#inTurn += value.length;
    this.most[kind] = Math.max(this.most[kind], this.#inTurn);
  }
}

Deno.test("a page and a message of 20 MB are taken in turns of less than a megabyte", async () => {
  using engine = new WideEngine({ endpoints: [] });
  const directory = new RecordingDirectory(keys, "me");
  const turns = setInterval(() => directory.turn(), 0);
  const follower = new Follower(engine, keys, directory, () => {});
  await until("all changes are taken", () => directory.changes === WINDOWS.length);
  clearInterval(turns);
  await follower.close();
  const { snapshot, changes } = directory.most;
  assert(snapshot > 0 && snapshot < MEGABYTE, `${snapshot} characters of the snapshot in a turn`);
  assert(changes > 0 && changes < MEGABYTE, `${changes} characters of changes in a turn`);
});

Deno.test("the lines of a watch are read whole, however they are divided", async () => {
  const line = (revision: number) =>
    JSON.stringify({ result: { header: { revision: String(revision) }, more: "é\\n" } });
  const bytes = new TextEncoder().encode(`${line(1)}\n\n${line(2)}\n \n${line(3)}\n${line(4)}`);
  for (const size of [1, 2, 3, 7, 50, 1000]) {
    const body = ReadableStream.from(
      Array.from(
        { length: Math.ceil(bytes.length / size) },
        (_, at) => bytes.slice(at * size, (at + 1) * size),
      ),
    );
    const read: number[] = [];
    for await (const { revision } of readWatch(body, new AbortController().signal)) {
      read.push(revision);
    }
    // The last line has not ended.
    assertEquals(read, [1, 2, 3]);
  }
});
