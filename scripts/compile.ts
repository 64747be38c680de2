/**
 * Builds dist/sessionctl, one self-contained binary.
 *
 *   deno task compile [--target TRIPLE] [--output FILE] [--no-fallback] [--if-changed]
 *                     [--entry FILE]
 *
 * The program is bundled first (npm resolution happens here, not at every start; commands stay
 * separate files that load lazily), then compiled around the official base runtime. If that
 * cannot be downloaded, x86-64 Linux uses pinned files from npm, for itself and for Windows;
 * release builds forbid this with --no-fallback. --entry compiles a program other than main.ts by
 * the same rules, for comparisons. The bundle of dist/sessionctl stays in build/bundle: tests also run
 * it with the Deno that runs them.
 */
import { parseArgs } from "@std/cli/parse-args";
import { basename, join, resolve } from "@std/path";
import { bundle } from "./bundle.ts";
import { addCodeCache } from "./bundle/code_cache.ts";
import { writeFixed } from "./bundle/files.ts";
import { buildExtension } from "./extension/mod.ts";
import { newestChange } from "./newest_change.ts";
import { PINNED_TARGETS, pinnedRuntime } from "./pinned_runtime.ts";

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];
/** Longer than any reasonable download; shorter than the wait on a network that drops packets. */
const OFFICIAL_LIMIT_MS = 180_000;

/** Time limit for reaching the server of the base runtime, in milliseconds. */
const REACH_LIMIT_MS = 10_000;

const root = resolve(import.meta.dirname!, "..");

interface Build {
  /** The program's first file, relative to the root. */
  readonly entry: string;
  readonly target: string;
  readonly output: string;
  readonly fallback: boolean;
}

function fail(message: string): never {
  console.error(`compile: ${message}`);
  Deno.exit(1);
}

/** The program that `run` has started last. */
let running: Deno.ChildProcess | undefined;
let isInterrupted = false;

/** Ends the build at a signal, after the program that writes its files. */
async function endInterrupted(code: number): Promise<never> {
  isInterrupted = true;
  try {
    running?.kill("SIGKILL");
    await running?.status;
  } catch { /* It has ended. */ }
  Deno.exit(code);
}

/** Removes `paths` when this process ends, if they exist then. */
function removeAtEnd(paths: readonly string[]): void {
  globalThis.addEventListener("unload", () => {
    for (const path of paths) {
      try {
        Deno.removeSync(path, { recursive: true });
      } catch { /* The build has removed or renamed it. */ }
    }
  });
  Deno.addSignalListener("SIGINT", () => endInterrupted(130));
  // Windows has no SIGTERM.
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => endInterrupted(143));
}

async function run(
  command: string,
  args: string[],
  options: { env?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<{ success: boolean; output: string }> {
  const child = new Deno.Command(command, {
    args,
    cwd: root,
    env: { NO_COLOR: "1", ...options.env },
    signal: options.signal,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  running = child;
  const result = await child.output();
  if (isInterrupted) return await new Promise(() => {}); // See endInterrupted.
  const decoder = new TextDecoder();
  const output = decoder.decode(result.stdout) + decoder.decode(result.stderr);
  return { success: result.success, output };
}

function compileArguments(chunks: string, build: Build): string[] {
  return [
    "compile",
    "--quiet",
    // /proc/PID/environ and cwd are only readable with the full set of permissions.
    "--allow-all",
    // With the code cache, V8 would load bytecode from a file in /tmp that any user may own.
    "--no-code-cache",
    "--no-config",
    // Megabytes, half the default: a server's young generation grows to its limit and stays there.
    // See docs/architecture.md.
    "--v8-flags=--max-semi-space-size=16",
    `--target=${build.target}`,
    `--include=${chunks}`,
    `--output=${build.output}`,
    join(chunks, scriptName(build.entry)),
  ];
}

/**
 * The limit of a compilation with the official base runtime: short if its server, which deno asks
 * for a runtime that it has not kept, accepts no connection.
 */
function officialLimit({ target, fallback }: Build, end: AbortSignal): AbortSignal {
  const limit = AbortSignal.timeout(OFFICIAL_LIMIT_MS);
  // A build that must not fall back gains nothing from an early end.
  if (!fallback) return limit;
  const url = `https://dl.deno.land/release/v${Deno.version.deno}/denort-${target}.zip`;
  const unreached = new AbortController();
  const late = AbortSignal.timeout(REACH_LIMIT_MS);
  // Other failures reach deno, too, which reports them at once unless it has kept the runtime.
  fetch(url, { method: "HEAD", signal: AbortSignal.any([late, end]) }).catch(() => {
    if (late.aborted) unreached.abort(late.reason);
  });
  return AbortSignal.any([limit, unreached.signal]);
}

/** Set once the official base runtime could not be downloaded. */
let isUnreachable = false;

/** @returns the version of the base runtime. */
async function compile(chunks: string, build: Build): Promise<string> {
  if (isUnreachable) return await compilePinned(chunks, build);
  const end = new AbortController();
  const limit = officialLimit(build, end.signal);
  const official = await run(Deno.execPath(), compileArguments(chunks, build), {
    signal: limit,
  }).catch((error) => ({ success: false, output: String(error) }));
  end.abort();
  if (official.success) return Deno.version.deno;
  // At the limit, deno was killed before it could print an error.
  const unreachable = limit.aborted ||
    /error sending request|client error|dns error|timed? ?out|Unable to download/i
      .test(official.output);
  if (!unreachable) fail(`compiling failed:\n${official.output}`);
  if (!build.fallback) {
    fail(`the base runtime cannot be downloaded:\n${official.output}`);
  }
  if (!PINNED_TARGETS.includes(build.target) || currentTarget() !== TARGETS[0]) {
    fail(
      `the base runtime for ${build.target} cannot be downloaded; ${
        PINNED_TARGETS.join(" and ")
      } have a fallback on ${TARGETS[0]}`,
    );
  }
  isUnreachable = true;
  console.error("compile: the base runtime cannot be downloaded; using pinned files from npm");
  return await compilePinned(chunks, build);
}

/** Compiles with the pinned files of npm. */
async function compilePinned(chunks: string, build: Build): Promise<string> {
  const pinned = await pinnedRuntime(root, build.target).catch((error) => fail(error.message));
  const compiled = await run(pinned.deno, compileArguments(chunks, build), {
    env: { DENORT_BIN: pinned.denort },
  });
  if (!compiled.success) {
    fail(`compiling with the pinned pair failed:\n${compiled.output}`);
  }
  return pinned.version;
}

/** Whether `node:vm` loads without starting the runtime's support for Node first. */
function loadsVmCheaply(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === 2 && minor <= 7;
}

/** The name of a source file's chunk. */
function scriptName(entry: string): string {
  return basename(entry).replace(/\.ts$/, ".js");
}

function currentTarget(): string {
  return Deno.build.target;
}

/** The program's sources. */
const SOURCES = [
  "src",
  "deno.json",
  "deno.lock",
  "scripts/bundle",
  "scripts/bundle.ts",
  "scripts/compile.ts",
  "scripts/import_map.ts",
  "dist/companion.vsix",
];

function isUpToDate(output: string, entry: string, bundle: string | undefined): boolean {
  try {
    if (bundle !== undefined) Deno.statSync(bundle);
    return (Deno.statSync(output).mtime?.getTime() ?? 0) > newestChange(root, [entry, ...SOURCES]);
  } catch {
    return false;
  }
}

/** Puts the companion extension beside the chunks. Only `companion install` reads it. */
async function includeExtension(chunks: string): Promise<void> {
  const file = await Deno.readFile(join(root, "dist/companion.vsix"));
  await writeFixed(join(chunks, "companion.vsix"), file);
}

/** Puts the chunks in place of an earlier build's, or leaves those of a simultaneous build. */
async function keepBundle(chunks: string, kept: string, old: string): Promise<void> {
  await Deno.rename(kept, old).catch(() => {});
  await Deno.rename(chunks, kept).catch(() => {});
}

const options = parseArgs(Deno.args, {
  string: ["target", "output", "entry"],
  boolean: ["no-fallback", "if-changed"],
  unknown: (arg) => fail(`unknown argument ${arg}`),
});
const entry = (options.entry as string | undefined) ?? "main.ts";
const target = (options.target as string | undefined) ?? currentTarget();
if (!TARGETS.includes(target)) {
  fail(`unknown target ${target}; one of ${TARGETS.join(", ")}`);
}
const suffix = target.includes("windows") ? ".exe" : "";
const output = resolve(
  root,
  (options.output as string | undefined) ?? `dist/sessionctl${suffix}`,
);
const isProgram = entry === "main.ts";
if (isProgram) {
  await buildExtension(root, { ifChanged: true }).catch((error) => fail(error.message));
}
/** Where the bundle stays, so that tests can run it. */
const kept = isProgram && options.output === undefined && target === currentTarget()
  ? join(root, "build/bundle")
  : undefined;
if (options["if-changed"] && isUpToDate(output, entry, kept)) Deno.exit(0);

const fresh = `${output}.${Deno.pid}${suffix}`;
// The name of the last folder becomes part of the binary, so each build must use the same one.
const workspace = join(root, "build", basename(fresh));
const chunks = join(workspace, "sessionctl");
removeAtEnd([workspace, fresh]);
await Deno.mkdir(resolve(output, ".."), { recursive: true });
await bundle(root, entry, chunks, suffix === "" ? "posix" : "windows").catch((error) =>
  fail(error.message)
);
const build = { entry, target, output: fresh, fallback: !options["no-fallback"] };
// The program has to run to produce its code cache, beside servers on Unix sockets.
if (target === currentTarget() && suffix === "") {
  await addCodeCache(chunks, scriptName(entry), async (first) => {
    // A fixed name, because the path of the program's files becomes part of the cache.
    const output = join(workspace, "warm-up");
    const version = await compile(chunks, { ...build, entry: first, output });
    return { program: output, pays: loadsVmCheaply(version) };
  }).catch((error) => fail(error.message));
}
if (isProgram) await includeExtension(chunks).catch((error) => fail(error.message));
await compile(chunks, build);
// A rename lets a running binary continue, and shows no process an incomplete file.
await Deno.rename(fresh, output).catch((error) => fail(error.message));
if (kept !== undefined) await keepBundle(chunks, kept, join(workspace, "old"));
console.error(`compile: ${output.slice(root.length + 1)} for ${target}`);
Deno.exit(); // The signals' listeners would keep the process.
