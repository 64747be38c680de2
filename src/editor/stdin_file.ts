import { type PrivateFiles, temporaryFailure } from "./wait.ts";

/** How long to wait, after the first bytes, for the rest before the file is opened without it. */
const SETTLE_MS = 300;

/** A private file that takes what comes from stdin; it may still grow while it is open in the editor. */
export interface StdinFile {
  readonly path: string;
  /** Resolves when there is something to show: all of it, or what came first of a slow stream. */
  readonly ready: Promise<void>;
  /** Resolves at the end of stdin. */
  readonly done: Promise<void>;
}

/** Starts copying stdin, or another stream, into a file among `files`. */
export function copyStdin(
  files: PrivateFiles,
  source: ReadableStream<Uint8Array> = Deno.stdin.readable,
): StdinFile {
  const { path, file } = files.create("stdin.txt");
  const ready = Promise.withResolvers<void>();
  let settle: ReturnType<typeof setTimeout> | undefined;
  const copy = async () => {
    try {
      for await (const chunk of source) {
        await writeAll(file, chunk);
        settle ??= setTimeout(ready.resolve, SETTLE_MS);
      }
    } finally {
      clearTimeout(settle);
      file.close();
    }
  };
  const done = copy();
  done.then(ready.resolve, ready.reject);
  return { path, ready: ready.promise, done };
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  } catch (error) {
    throw temporaryFailure("keep what comes from stdin", error);
  }
}
