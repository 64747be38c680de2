/** The log file of a run, as a reader finds it. */
import { assert, assertEquals, assertMatch, fail } from "@std/assert";
import { ChildLog } from "../../../src/run/log/mod.ts";
import { RotatingFile } from "../../../src/run/log/rotating_file.ts";
import { LogFile } from "../../../src/run/log/log_file.ts";
import { OwnOutput } from "../../../src/run/log/own_output.ts";
import { makeSandbox, type Sandbox, until } from "../../support/mod.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const limits = { maxBytes: 10_000, maxAgeMs: Infinity, keep: 1 };

/** A log whose copies of the streams are recorded. */
function logIn(sandbox: Sandbox, { hasFile = true } = {}) {
  const file = hasFile ? sandbox.path("log/a.log") : undefined;
  const written = { stdout: "", stderr: "" };
  const reports: string[] = [];
  const sink = (name: "stdout" | "stderr") => ({
    write: (part: Uint8Array) => {
      written[name] += new TextDecoder().decode(part);
      return Promise.resolve(part.length);
    },
  });
  const outputs = { stdout: sink("stdout"), stderr: sink("stderr") };
  const report = (message: string) => reports.push(message);
  const log = new ChildLog({ ...limits, file, report, outputs });
  const take = (stream: "stdout" | "stderr", text: string, whole: boolean) =>
    log.take(stream, bytes(text), whole);
  return { log, take, written, reports };
}

Deno.test("a line without an end is ended in the log before the other stream's line or a note", async () => {
  await using sandbox = await makeSandbox();
  const { log, take, written } = logIn(sandbox);
  log.note("started");
  take("stdout", "a", false);
  log.note("waits for the end of a");
  take("stdout", "b", true);
  take("stdout", "c", false);
  take("stderr", "d", true);
  take("stdout", "e", false);
  await log.close();
  assertEquals(
    Deno.readTextFileSync(sandbox.path("log/a.log")),
    "sessionctl: started\nab\nsessionctl: waits for the end of a\nc\nd\ne\n",
  );
  assertEquals(written, { stdout: "ab\nce", stderr: "d\n" });
});

Deno.test("a line that never ends does not keep more than 16 notes out of the log", async () => {
  await using sandbox = await makeSandbox();
  const { log, take } = logIn(sandbox);
  take("stdout", "progress", false);
  for (let at = 0; at < 17; at++) log.note(`note ${at}`);
  take("stdout", " goes on", false);
  await log.close();
  const lines = Deno.readTextFileSync(sandbox.path("log/a.log")).split("\n");
  assertEquals([lines[0], lines[1], lines[17]], [
    "progress",
    "sessionctl: note 0",
    "sessionctl: note 16",
  ]);
  assertEquals(lines.slice(18), [" goes on", ""]);
});

Deno.test("a run without a log file only copies the streams", async () => {
  await using sandbox = await makeSandbox();
  const { log, take, written, reports } = logIn(sandbox, { hasFile: false });
  take("stdout", "a", false);
  log.note("nowhere");
  take("stderr", "b", true);
  await log.close();
  assertEquals([written, reports], [{ stdout: "a", stderr: "b\n" }, []]);
  assert(![...Deno.readDirSync(sandbox.directory)].some(({ name }) => name === "log"));
});

Deno.test("lines of one turn are in the log after it, and a line longer than the buffer is whole", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  const log = new LogFile(path, { ...limits, maxBytes: 1_000_000 }, () => {});
  const long = "x".repeat(100_000);
  for (const line of ["one", long, "two"]) log.add(bytes(line), true);
  await until("they are written", () => Deno.statSync(path).size === long.length + 9);
  assertEquals(Deno.readTextFileSync(path), `one\n${long}\ntwo\n`);
  log.close();
});

Deno.test("a log that somebody else renamed goes on under its own name", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  const file = new RotatingFile(path, { ...limits, maxBytes: Infinity });
  file.write(bytes("before\n"));
  Deno.renameSync(path, `${path}.old`);
  await until("there is a new file", () => {
    file.write(bytes("after\n"));
    return [...Deno.readDirSync(sandbox.path("log"))].some(({ name }) => name === "a.log");
  });
  file.close();
  assertEquals(Deno.readTextFileSync(path), "after\n");
  assert(Deno.readTextFileSync(`${path}.old`).startsWith("before\n"));
});

Deno.test("a log that is in its place is not rotated before its limit", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  const file = new RotatingFile(path, { ...limits, maxBytes: 8 });
  for (const line of ["1234567\n", "1\n", "234\n"]) file.write(bytes(line));
  file.close();
  // A file that is exactly full is not too long.
  assertEquals(
    ["", ".1"].map((suffix) => Deno.readTextFileSync(path + suffix)),
    ["1\n234\n", "1234567\n"],
  );
});

Deno.test("a log is not rotated before it is too old", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  const file = new RotatingFile(path, { ...limits, maxAgeMs: 24 * 3_600_000 });
  for (const line of ["a\n", "b\n"]) file.write(bytes(line));
  file.close();
  assertEquals(Deno.readTextFileSync(path), "a\nb\n");
});

Deno.test("a reader that keeps up never makes the writer wait until a stall", async () => {
  let length = 0;
  const output = new OwnOutput({
    write: async (part) => {
      await Promise.resolve();
      length += part.length;
      return part.length;
    },
  }, { stallMs: 3_600_000, onFailure: (error) => fail(String(error)), onLeftOut: () => fail() });
  for (let at = 0; at < 5; at++) await output.write(new Uint8Array(300_000));
  await output.flush();
  assertEquals(length, 1_500_000);
  // Nothing waits any more, so there is room.
  assertEquals(output.write(new Uint8Array(200_000)), undefined);
  await output.flush();
});

Deno.test("a log that cannot be rotated is reported, and grows no further", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("log/a.log");
  const reports: string[] = [];
  const log = new LogFile(path, { ...limits, maxBytes: 10 }, (message) => reports.push(message));
  log.add(bytes("12345678"), true);
  log.flush();
  Deno.mkdirSync(`${path}.1`);
  for (let at = 0; at < 2; at++) {
    log.add(bytes("next"), true);
    log.flush();
  }
  log.close();
  assertEquals(reports.length, 1, reports.join("\n"));
  assertMatch(reports[0]!, /^cannot rename the log \S+\/a\.log to a\.log\.1: Is a directory;/);
  assertEquals(Deno.readTextFileSync(path), "12345678\n");
});
