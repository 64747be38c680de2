import { groupsOf, testFilesOf, writeGroups } from "./group.ts";
import { GroupLines } from "./group_lines.ts";
import { failed, readReport, type TestResult, UNCAUGHT } from "./report.ts";
import { LONG_TESTS } from "./slow.ts";
import { FileClock } from "./timing.ts";

/** One run of the tests. */
export interface Run {
  /** Seconds of wall time. */
  readonly seconds: number;
  readonly success: boolean;
  readonly results: readonly TestResult[];
  /** The files with the seconds that each took, the slowest first. */
  readonly files: readonly [file: string, seconds: number][];
  /** The failures of files that passed when they ran again. */
  readonly unstable: readonly TestResult[];
}

export interface RunOptions {
  /** The project's folder. */
  readonly directory: string;
  /** The files or folders to test, and `--ignore` options. */
  readonly selection: readonly string[];
  /** Only tests whose name contains this. */
  readonly filter?: string | undefined;
  /** The path or URL of an import map, instead of deno.json's imports. */
  readonly importMap?: string | undefined;
  /** The number of files in one isolate; by default, each file has its own. */
  readonly groupSize?: number;
  /** The stream for the output of `deno test` as it arrives. */
  readonly show: WritableStream<Uint8Array>;
}

/** Most tests wait for other processes, so one test per core would leave the cores idle. */
const FILES_PER_CORE = 3;

/** The groups that each job runs at least, so that the last ones end at about the same time. */
const GROUPS_PER_JOB = 4;
/** More files in one isolate save little, and more tests are cancelled if one throws outside. */
const MOST_IN_GROUP = 8;

/** The number of files that should run in one isolate, of this many. */
export function groupSizeOf(files: number): number {
  return Math.min(MOST_IN_GROUP, Math.ceil(files / (jobs() * GROUPS_PER_JOB)));
}

function jobs(): number {
  return Number(Deno.env.get("DENO_JOBS") ?? FILES_PER_CORE * navigator.hardwareConcurrency);
}

/** Runs `deno test` on the files, several at once; the variable `DENO_JOBS` sets the number. */
export async function runTests(options: RunOptions): Promise<Run> {
  const { directory, groupSize = 1 } = options;
  if (groupSize === 1) return await runDeno(options);
  const files = testFilesOf(directory, options.selection);
  const into = await Deno.makeTempDir({ prefix: "sessionctl-tests-" });
  try {
    const selection = await writeGroups(directory, groupsOf(files, groupSize, LONG_TESTS), into);
    return await runDeno({ ...options, selection });
  } finally {
    await Deno.remove(into, { recursive: true });
  }
}

async function runDeno(options: RunOptions): Promise<Run> {
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--allow-all",
      "--no-check",
      "--parallel",
      ...(options.importMap === undefined ? [] : [`--import-map=${options.importMap}`]),
      ...(options.filter === undefined ? [] : [`--filter=${options.filter}`]),
      ...options.selection,
    ],
    cwd: options.directory,
    env: {
      DENO_JOBS: String(jobs()),
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const clock = new FileClock();
  const [shown, read] = child.stdout.pipeThrough(new GroupLines()).pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        clock.read(chunk, performance.now());
        controller.enqueue(chunk);
      },
    }),
  ).tee();
  const [text, status] = await Promise.all([
    new Response(read).text(),
    child.status,
    show(shown, options.show),
    show(child.stderr, options.show),
  ]);
  const results = readReport(text);
  const seconds = (performance.now() - started) / 1000;
  const success = status.success && failed(results).length === 0;
  return { seconds, success, results, files: clock.seconds(), unstable: [] };
}

/** Writes chunks to a stream that has other writers. */
async function show(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  stream: WritableStream<Uint8Array>,
): Promise<void> {
  for await (const chunk of chunks) {
    const writer = stream.getWriter();
    const written = writer.write(chunk);
    writer.releaseLock();
    await written;
  }
}

/** The maximum number of files that {@linkcode rerunFailed} runs again. */
export const MOST_RERUN = 5;

/**
 * Runs each failed file once more, alone, and each file with tests that the failure of another file
 * of its group cancelled. A file passes if each test that failed passes this time,
 * and no other fails. If more than {@linkcode MOST_RERUN} files failed, none runs again, because
 * that many failures do not come from unstable tests.
 *
 * @returns a run with the results of the second runs in place of the first, and the first
 * failures of the files that passed as `unstable`.
 */
export async function rerunFailed(run: Run, options: RunOptions): Promise<Run> {
  const files = [...new Set(failed(run.results).map(({ file }) => file))];
  const broken = new Set(
    run.results.filter(({ outcome }) => outcome === "failed").map(({ file }) => file),
  );
  if (files.length === 0 || broken.size > MOST_RERUN || broken.has("")) return run;
  let results = run.results;
  const unstable: TestResult[] = [];
  for (const file of files) {
    const first = failed(run.results.filter((result) => result.file === file));
    const note = `\n${file} failed; it runs once more, alone.\n`;
    await show([new TextEncoder().encode(note)], options.show);
    const again = await runTests({ ...options, selection: [file], groupSize: 1 });
    const passed = new Set(
      again.results.filter(({ outcome }) => outcome === "passed").map(({ name }) => name),
    );
    const all = first.every(({ name }) => passed.has(name) || name === UNCAUGHT);
    if (!again.success || !all) continue;
    results = [...results.filter((result) => result.file !== file), ...again.results];
    unstable.push(...first);
  }
  return { ...run, success: failed(results).length === 0, results, unstable };
}
