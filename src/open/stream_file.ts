import { errnoOf, messageOf, SessionctlError } from "../errors.ts";
import { writeAll } from "../platform/mod.ts";
import { type PrivateFiles, temporaryFailure } from "./private_files.ts";

/** Time between the first bytes and the opening of the file, in milliseconds. */
const SETTLE_MS = 300;

const STDIN = 0;

/** The flag of a descriptor that programs do not inherit. Source: open(2), proc_pid_fdinfo(5). */
const O_CLOEXEC = 0o2000000;

/** A private file that receives the data of a stream, perhaps while the editor shows it. */
export interface StreamFile {
  readonly path: string;
  /** Resolves when there is data to show: all of it, or the first data of a slow stream. */
  readonly ready: Promise<void>;
  /** Resolves at the end of the stream. */
  readonly done: Promise<void>;
}

/**
 * The descriptor of this process that an operand names: `-` and `/dev/stdin` are 0, `/dev/fd/N` and
 * `/proc/self/fd/N` (the form in which shells name a process substitution) are N.
 */
export function descriptorOf(typed: string): number | undefined {
  if (typed === "-" || typed === "/dev/stdin") return STDIN;
  const number = /^\/(?:dev|proc\/self)\/fd\/([0-9]{1,9})$/.exec(typed)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** The name of the file that receives the data of a descriptor. */
export function streamFileName(descriptor: number): string {
  return descriptor === STDIN ? "stdin.txt" : `fd-${descriptor}.txt`;
}

/**
 * Starts to copy the data of a descriptor into a file among `files`.
 *
 * @throws {SessionctlError} `NOT_FOUND` if the descriptor is not open; `NOT_SUPPORTED` if it is a
 * folder or cannot be opened for reading; `IO_ERROR`.
 */
export function copyStream(files: PrivateFiles, descriptor: number): StreamFile {
  const source = descriptor === STDIN ? Deno.stdin.readable : openDescriptor(descriptor).readable;
  const { path, file } = files.create(streamFileName(descriptor));
  const ready = Promise.withResolvers<void>();
  let settle: ReturnType<typeof setTimeout> | undefined;
  const copy = async () => {
    try {
      for await (const chunk of source) {
        await writeAll(file, chunk).catch((error) => {
          throw temporaryFailure("keep what is read", error);
        });
        settle ??= setTimeout(ready.resolve, SETTLE_MS);
      }
    } finally {
      clearTimeout(settle);
      file.close();
    }
  };
  const done = copy();
  done.then(ready.resolve, ready.reject);
  // A full disk may end the copy before anything waits for it. A later wait still rejects.
  ready.promise.catch(() => {});
  return { path, ready: ready.promise, done };
}

function openDescriptor(descriptor: number): Deno.FsFile {
  const path = `/dev/fd/${descriptor}`;
  if (!isInherited(descriptor)) throw notThere(path);
  try {
    if (Deno.statSync(path).isDirectory) {
      throw new SessionctlError("NOT_SUPPORTED", `${path} is a folder`, {
        hint: "name the folder by its path",
      });
    }
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof SessionctlError) throw error;
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "EBADF") throw notThere(path);
    throw new SessionctlError("NOT_SUPPORTED", `cannot read ${path}: ${messageOf(error)}`, {
      hint: "pipe its content into sessionctl, and use -",
      cause: error,
    });
  }
}

function notThere(path: string): SessionctlError {
  return new SessionctlError("NOT_FOUND", `there is no open file at ${path}`, {
    hint: "pass it on in the shell, for example: sessionctl open /dev/fd/3 3< FILE",
  });
}

/** Whether the user provided the descriptor; the runtime also has descriptors of its own. */
function isInherited(descriptor: number): boolean {
  if (Deno.build.os !== "linux") return true;
  try {
    const info = Deno.readTextFileSync(`/proc/self/fdinfo/${descriptor}`);
    const flags = parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? "0", 8);
    return (flags & O_CLOEXEC) === 0;
  } catch {
    return false;
  }
}
