import { assert, assertEquals, assertMatch, assertThrows, fail } from "@std/assert";
import { SessionctlError } from "../../../src/errors.ts";
import { LogFile } from "../../../src/run/log/log_file.ts";
import { OwnOutput } from "../../../src/run/log/own_output.ts";
import { RotatingFile } from "../../../src/run/log/rotating_file.ts";
import { makeSandbox, until } from "../../support/mod.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const limits = { maxBytes: 100, maxAgeMs: Infinity, keep: 3 };

Deno.test("a log file is 0600 in a 0700 directory, and is appended to", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  for (const text of ["one\n", "two\n"]) {
    const file = new RotatingFile(path, limits);
    file.write(bytes(text));
    file.close();
  }
  assertEquals(Deno.readTextFileSync(path), "one\ntwo\n");
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
  assertEquals(Deno.statSync(sandbox.path("log")).mode! & 0o777, 0o700);
});

Deno.test("a log file may be in a directory that others can read but not write", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("open/a.log");
  Deno.mkdirSync(sandbox.path("open"));
  Deno.chmodSync(sandbox.path("open"), 0o755);
  const file = new RotatingFile(path, limits);
  file.write(bytes("one\n"));
  file.close();
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
  Deno.chmodSync(sandbox.path("open"), 0o777);
  const error = assertThrows(() => new RotatingFile(path, limits), SessionctlError);
  assertEquals(error.code, "UNSAFE_DIRECTORY");
});

Deno.test("a log file that was removed with its directory is created again", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  const file = new RotatingFile(path, limits);
  file.write(bytes("before\n"));
  Deno.removeSync(sandbox.path("log"), { recursive: true });
  const exists = () => [...Deno.readDirSync(sandbox.directory)].some(({ name }) => name === "log");
  await until("it is there again", () => {
    file.write(bytes("after\n"));
    return exists();
  });
  assertEquals(Deno.readTextFileSync(path), "after\n");
  const error = assertThrows(() => new RotatingFile(path, limits), SessionctlError);
  assertEquals(error.code, "FILE_IN_USE", "the file is locked again, too");
  file.close();
});

Deno.test("a FIFO is refused as a log file, without blocking", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("pipe");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  Deno.chmodSync(sandbox.directory, 0o700);
  const error = assertThrows(() => new RotatingFile(path, limits), SessionctlError);
  assertEquals(error.code, "IO_ERROR");
});

Deno.test("a log file is rotated when it is too old", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  const file = new RotatingFile(path, { ...limits, maxAgeMs: 50 });
  file.write(bytes("old\n"));
  await until("it is old", () => {
    file.write(bytes("new\n"));
    return Deno.readTextFileSync(path) === "new\n";
  });
  file.close();
  assert(Deno.readTextFileSync(`${path}.1`).length > 0);
});

Deno.test("an interrupted rotation loses no files", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  Deno.mkdirSync(sandbox.path("log"), { mode: 0o700 });
  // The second file was already renamed; the first and the current one were not.
  Deno.writeTextFileSync(`${path}.3`, "2\n");
  Deno.writeTextFileSync(`${path}.1`, "1\n");
  Deno.writeTextFileSync(path, "0\n".repeat(50));
  const file = new RotatingFile(path, limits);
  file.write(bytes("new\n"));
  file.close();
  const kept = [path, `${path}.1`, `${path}.2`, `${path}.3`].map((name) =>
    Deno.readTextFileSync(name).split("\n")[0]
  );
  assertEquals(kept, ["new", "0", "1", "2"]);
});

Deno.test("when fewer files are to be kept than before, the older ones are deleted", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  const fill = (keep: number, times: number) => {
    const file = new RotatingFile(path, { ...limits, keep });
    for (let i = 0; i < times; i++) file.write(bytes("x".repeat(60)));
    file.close();
  };
  const names = () => [...Deno.readDirSync(sandbox.path("log"))].map(({ name }) => name).sort();
  fill(3, 5);
  assertEquals(names(), ["a.log", "a.log.1", "a.log.2", "a.log.3"]);
  fill(1, 1);
  assertEquals(names(), ["a.log", "a.log.1"]);
  fill(0, 1);
  assertEquals(names(), ["a.log"]);
});

Deno.test("a file that another run uses as its log is refused", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  const file = new RotatingFile(path, limits);
  const refused = assertThrows(() => new RotatingFile(path, limits), SessionctlError);
  assertEquals(refused.code, "FILE_IN_USE");
  file.close();
  new RotatingFile(path, limits).close();
});

Deno.test("a failing log reports the failure once, and later how many lines are missing", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  await Deno.writeTextFile(sandbox.path("log"), "in the way");
  const said: string[] = [];
  const log = new LogFile(path, { ...limits, maxBytes: 1000 }, (message) => said.push(message));
  for (const line of ["a", "b", "c"]) {
    log.add(bytes(line), true);
    log.flush();
  }
  assertEquals(said.length, 1);
  await Deno.remove(sandbox.path("log"));
  let lines = 3;
  await until("it is tried again", () => {
    log.add(bytes("d"), true);
    log.flush();
    return said.length > 1 || ++lines < 0;
  });
  log.add(bytes("e"), true);
  log.close();
  assertMatch(said[1]!, /writing to the log .* again/);
  const [note, ...rest] = Deno.readTextFileSync(path).trim().split("\n");
  assertEquals([note, rest], [`sessionctl: ${lines} lines are missing here`, ["d", "e"]]);
});

Deno.test("a stalled reader delays the writer only for a limited time, and misses the output after that", async () => {
  const taken: number[] = [];
  const leftOut: number[] = [];
  let take = () => {};
  const output = new OwnOutput({
    write: async (part) => {
      await new Promise<void>((resolve) => take = resolve);
      taken.push(part.length);
      return part.length;
    },
  }, {
    stallMs: 30,
    onFailure: (error) => fail(String(error)),
    onLeftOut: (parts) => leftOut.push(parts),
  });
  assertEquals(output.write(new Uint8Array(1000)), undefined);
  await Promise.resolve();
  const waiting = output.write(new Uint8Array(300_000));
  assert(waiting instanceof Promise);
  await waiting;
  // From now on nothing waits; excess output is dropped, and reported when the reader continues.
  for (let i = 0; i < 3; i++) assertEquals(output.write(new Uint8Array(10)), undefined);
  take();
  await until("the rest is offered", () => taken.length === 1);
  assertEquals(leftOut, [3]);
  await until("it is taken", () => {
    take();
    return taken.length === 2;
  });
  await output.flush();
  assertEquals(taken, [1000, 300_000]);
});

Deno.test("a reader that has gone is reported once, and never waited for", async () => {
  let failures = 0;
  const output = new OwnOutput({ write: () => Promise.reject(new Error("EPIPE")) }, {
    onFailure: () => failures++,
    onLeftOut: () => {},
  });
  await output.write(new Uint8Array(300_000));
  assertEquals(output.write(new Uint8Array(300_000)), undefined);
  await output.flush();
  assertEquals(failures, 1);
});
