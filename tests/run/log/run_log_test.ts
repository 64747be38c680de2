import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, type Sandbox, testProgram } from "../../support/mod.ts";
import { childOf, eventually, startRun } from "../support.ts";

const decoder = new TextDecoder();

/** All kept files of a log, oldest first. */
function filesOf(log: string): Uint8Array[] {
  const files: Uint8Array[] = [];
  for (let age = 0;; age++) {
    try {
      files.unshift(Deno.readFileSync(age === 0 ? log : `${log}.${age}`));
    } catch (error) {
      assert(error instanceof Deno.errors.NotFound);
      return files;
    }
  }
}

/** The command's own lines in all kept files. */
function linesOf(log: string): string[] {
  return filesOf(log).map((file) => decoder.decode(file)).join("").split("\n")
    .filter((line) => line !== "" && !line.startsWith("sessionctl: "));
}

/** Compares without printing 300,000 differing bytes, which would be unreadable. */
function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  const differs = expected.findIndex((byte, index) => actual[index] !== byte);
  assertEquals([actual.length, differs], [expected.length, -1]);
}

/** Runs a command to its end with its output in a small log; its own output is not read. */
async function runToLog(sandbox: Sandbox, command: string[], options: string[] = []) {
  const log = sandbox.path("log/x.log");
  const child = new Deno.Command(compiled.command, {
    args: ["run", "--restart", "never", "--log-file", log, ...options, "--", ...command],
    env: sandbox.env,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const { code, stderr } = await child.output();
  return { code, log, said: decoder.decode(stderr) };
}

Deno.test("every line is in the kept files exactly once, however often they are rotated", async () => {
  await using sandbox = await makeSandbox();
  const count = 250_000;
  const format = `%08.0f ${".".repeat(70)}`;
  const options = ["--log-max-size", "200K", "--log-keep", "1000"];
  const { code, log } = await runToLog(
    sandbox,
    ["seq", "-f", format, "1", String(count)],
    options,
  );
  assertEquals(code, 0);
  const files = filesOf(log);
  assert(files.length >= 98, `${files.length} files`);
  for (const file of files) assert(file.length <= 200 * 1024, `${file.length} bytes`);
  const lines = linesOf(log);
  assertEquals(lines.length, count);
  const wrong = lines.findIndex((line, index) => Number(line.slice(0, 8)) !== index + 1);
  assertEquals(wrong, -1);
});

Deno.test({
  name: "at a megabyte per second for a minute, every line is kept exactly once",
  ignore: Deno.env.get("SESSIONCTL_LONG_TESTS") !== "1",
  fn: async () => {
    await using sandbox = await makeSandbox();
    // 100 lines of 1,000 bytes, ten times a second.
    const script = "i=0; while [ $i -lt 600 ]; do i=$((i+1)); " +
      'seq -f "%09.0f' + ".".repeat(990) + '" $((i*100-99)) $((i*100)); sleep 0.09; done';
    const options = ["--log-max-size", "1M", "--log-keep", "100"];
    const { code, log } = await runToLog(sandbox, ["sh", "-c", script], options);
    assertEquals(code, 0);
    const lines = linesOf(log);
    assertEquals(lines.length, 60_000);
    assertEquals(lines.findIndex((line, index) => Number(line.slice(0, 9)) !== index + 1), -1);
  },
});

Deno.test("only the configured number of files is kept, and they are the newest", async () => {
  await using sandbox = await makeSandbox();
  const options = ["--log-max-size", "10K", "--log-keep", "2"];
  const { log } = await runToLog(sandbox, ["seq", "-w", "1", "20000"], options);
  assertEquals(filesOf(log).length, 3);
  const lines = linesOf(log);
  assertEquals(lines.at(-1), "20000");
  assertEquals(lines.map(Number), lines.map((_, index) => 20_000 - lines.length + 1 + index));
});

Deno.test("the log has the command's start and end beside its output", async () => {
  await using sandbox = await makeSandbox();
  const { log } = await runToLog(sandbox, ["sh", "-c", "echo up; exit 3"]);
  const text = await Deno.readTextFile(log);
  assertMatch(text, /^up$/m);
  assertMatch(text, /^sessionctl: sh started \(pid [0-9]+\)$/m);
  assertMatch(text, /^sessionctl: sh \(pid [0-9]+\) ended with code 3$/m);
});

testProgram(
  "the log of a command that is killed while it writes has every line up to then",
  async (program) => {
    await using sandbox = await makeSandbox();
    const log = sandbox.path("log/x.log");
    const written = sandbox.path("written");
    const script = `i=0; while :; do i=$((i+1)); echo "line $i"; echo $i > ${written}; done`;
    const options = [
      "--name",
      "x",
      "--restart",
      "never",
      "--log-file",
      log,
      "--log-max-size",
      "16K",
    ];
    const running = startRun(
      sandbox,
      [...options, "--log-keep", "1000", "--", "sh", "-c", script],
      { program },
    );
    const pid = await childOf(sandbox, "x");
    await eventually(() => running.said(), () => filesOf(log).length > 2);
    Deno.kill(pid, "SIGKILL");
    assertEquals(await running.ended, 137);
    const lines = linesOf(log);
    assertEquals(lines.findIndex((line, index) => line !== `line ${index + 1}`), -1);
    // The last number may be cut off by the kill.
    const last = Number(Deno.readTextFileSync(written).trim() || lines.length);
    assert(lines.length >= last, `${lines.length} lines, ${last} were written`);
    assert(running.lines.filter((line) => line !== "").length >= last);
  },
);

testProgram(
  "output without a final newline, binary output and very long lines are logged as written",
  async (program) => {
    await using sandbox = await makeSandbox();
    const log = sandbox.path("log/x.log");
    const file = sandbox.path("bytes");
    const bytes = new Uint8Array([
      ...[0xff, 0xfe, 0x00, 0x0d, 0x0a, 0x0a, 0xc3],
      ...new Uint8Array(300_000).fill(0x78),
      ...[0x0a, 0x6e, 0x6f, 0x20, 0x65, 0x6e, 0x64],
    ]);
    await Deno.writeFile(file, bytes);
    const withEnd = new Uint8Array([...bytes, 0x0a]);
    const command = `cat ${file}; kill -9 $$`;
    const { stdout } = await new Deno.Command(program.command, {
      args: [
        ...program.args,
        ...["run", "--quiet", "--restart", "never", "--log-file", log, "--", "sh", "-c", command],
      ],
      env: sandbox.env,
      clearEnv: true,
      stdout: "piped",
      stderr: "null",
    }).output();
    // Our own lines stand between the command's lines, never within one; the last line gets its
    // newline.
    const kept = new TextDecoder("latin1").decode(Deno.readFileSync(log))
      .replace(/(?<=^|\n)sessionctl: .*\n/g, "");
    assertSameBytes(Uint8Array.from(kept, (byte) => byte.charCodeAt(0)), withEnd);
    assertSameBytes(stdout, bytes);
  },
);

Deno.test("two streams share the log without interrupting each other's lines", async () => {
  await using sandbox = await makeSandbox();
  const script = 'printf begun; sleep 0.3; echo other >&2; sleep 0.3; echo " ended"';
  const { log } = await runToLog(sandbox, ["sh", "-c", script]);
  assertEquals(linesOf(log).sort(), ["begun ended", "other"]);
});

Deno.test("a full disk is reported once, and the command keeps running", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("log"), { mode: 0o700 });
  await Deno.symlink("/dev/full", sandbox.path("log/x.log"));
  const { code, said } = await runToLog(sandbox, ["sh", "-c", "seq 1 1000; sleep 0.2; exit 7"]);
  assertEquals(code, 7);
  assertEquals(said.match(/cannot write to the log/g)?.length, 1, said);
  assertStringIncludes(said, "No space left");
});

Deno.test("the report of a log that cannot be opened names its path once", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("log/x.log"), { recursive: true, mode: 0o700 });
  const { code, said } = await runToLog(sandbox, ["sh", "-c", "echo; exit 7"]);
  assertEquals(code, 7);
  assertEquals(said.match(/x\.log/g)?.length, 1, said);
});

Deno.test("a log that cannot be created is reported once, and the command keeps running", async () => {
  await using sandbox = await makeSandbox();
  await Deno.writeTextFile(sandbox.path("log"), "a file");
  const { code, said } = await runToLog(sandbox, ["sh", "-c", "seq 1 1000; sleep 0.2; exit 7"]);
  assertEquals(code, 7);
  assertEquals(said.match(/continuing without it/g)?.length, 1, said);
});

Deno.test("a log that another run writes to is not used", async () => {
  await using sandbox = await makeSandbox();
  const log = sandbox.path("log/x.log");
  const first = startRun(sandbox, ["--log-file", log, "--", "sh", "-c", "echo first; sleep 60"]);
  await eventually(() => first.said(), () => first.lines.length > 0);
  const { code, said } = await runToLog(sandbox, ["sh", "-c", "echo second"], ["--name", "other"]);
  assertEquals(code, 0);
  assertMatch(said, new RegExp(`process ${first.child.pid} writes to .*continuing without it`));
  assertEquals(linesOf(log), ["first"]);
  await first.stop();
});

Deno.test("when a reader of the output goes away, neither the command nor its log ends", async () => {
  await using sandbox = await makeSandbox();
  const log = sandbox.path("log/x.log");
  const script = `${compiled.command} run --log-file ${log} -- seq -w 1 50000 | head -n 1`;
  const child = new Deno.Command("sh", { args: ["-c", script], env: sandbox.env, clearEnv: true });
  const { stdout } = await child.output();
  assertEquals(decoder.decode(stdout), "00001\n");
  await eventually(() => `${linesOf(log).length} lines`, () => linesOf(log).length === 50_000);
});

Deno.test("a stalled reader delays neither the log nor the restart of the command", async () => {
  await using sandbox = await makeSandbox();
  const log = sandbox.path("log/x.log");
  const mark = sandbox.path("mark");
  // The first run writes much and fails; the second succeeds.
  const script = `test -e ${mark} && exit 0; touch ${mark}; seq -w 1 200000; exit 1`;
  const child = new Deno.Command(compiled.command, {
    args: ["run", "--quiet", "--log-file", log, "--", "sh", "-c", script],
    env: sandbox.env,
    clearEnv: true,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const { code } = await child.status;
  assertEquals(code, 0);
  assertEquals(linesOf(log).length, 200_000);
  await child.stdout.cancel();
});
