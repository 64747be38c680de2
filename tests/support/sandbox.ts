import { join } from "@std/path";
import { fileLimit } from "../../src/platform/ffi/libc.ts";
import { processFiles } from "../../src/platform/ffi/process_files.ts";

// Loaded here, because a library stays loaded and would count as a leak of the test that loads it.
if (Deno.build.os !== "windows") fileLimit();
if (Deno.build.os === "linux") processFiles();

/** A private place for one test: a 0700 directory and an environment that points into it. */
export interface Sandbox extends AsyncDisposable {
  readonly directory: string;
  /** The environment for the test's processes; only PATH comes from the real one. */
  readonly env: Record<string, string>;
  path(...parts: string[]): string;
  /** Runs when the sandbox is disposed of, last added first. */
  defer(cleanup: () => void | Promise<void>): void;
}

/**
 * Makes a sandbox for use with `await using`. At the end, its deferred cleanups run and its files
 * are removed.
 */
export async function makeSandbox(): Promise<Sandbox> {
  // Not under TMPDIR, which may be long: socket paths must stay short.
  const dir = Deno.build.os === "windows" ? undefined : "/tmp";
  const directory = await Deno.makeTempDir({ dir, prefix: "sctl-" });
  const cleanups: (() => void | Promise<void>)[] = [];
  for (const name of ["home", "run", "tmp"]) {
    await Deno.mkdir(join(directory, name), { mode: 0o700 });
  }
  return {
    directory,
    env: {
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      HOME: join(directory, "home"),
      XDG_RUNTIME_DIR: join(directory, "run"),
      TMPDIR: join(directory, "tmp"),
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1",
      ...(Deno.build.os === "windows" ? windowsEnvironment(directory) : {}),
      // Runs from source use the existing module cache although HOME is different.
      DENO_DIR: Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "/root", ".cache/deno"),
    },
    path: (...parts) => join(directory, ...parts),
    defer: (cleanup) => void cleanups.push(cleanup),
    async [Symbol.asyncDispose]() {
      for (const cleanup of cleanups.reverse()) await cleanup();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** The directories of Windows programs; none starts without SystemRoot. */
function windowsEnvironment(directory: string): Record<string, string> {
  return {
    SystemRoot: Deno.env.get("SystemRoot") ?? "",
    USERPROFILE: join(directory, "home"),
    APPDATA: join(directory, "home", "roaming"),
    LOCALAPPDATA: join(directory, "home", "local"),
    TEMP: join(directory, "tmp"),
  };
}
