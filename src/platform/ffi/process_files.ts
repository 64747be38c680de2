/**
 * Reads the owners and files of many processes. The runtime's own functions take about as long as
 * the kernel for each; with many processes, this is most of the time of discovery.
 */

/** Linux `<asm-generic/fcntl.h>`: O_RDONLY with O_CLOEXEC. */
const READ_ONLY = 0o2000000;
/** Linux `<linux/fcntl.h>`. */
const AT_FDCWD = -100;
/** Linux `<linux/stat.h>`: STATX_UID, and the place of `stx_uid` in `struct statx`. */
const STATX_UID = 8;
const STATX_UID_AT = 20;
const STATX_BYTES = 256;

type Bytes = Uint8Array<ArrayBuffer>;

/** The files of processes below `/proc` (Linux). */
export interface ProcessFiles {
  /** The ids of all processes. */
  ids(): number[];
  /**
   * The owner of a process's folder, which is its effective user.
   *
   * @returns undefined if the process has ended.
   */
  ownerOf(pid: number): number | undefined;
  /**
   * Reads a file of a process with a single read.
   *
   * @param name Below the process's folder, such as `environ`.
   * @returns as much of it as fits into `buffer`; undefined if it cannot be read.
   */
  read(pid: number, name: string, buffer: Bytes): Bytes | undefined;
}

/** The files of processes, read through the C library if that is glibc, else by the runtime. */
export function processFiles(): ProcessFiles {
  loaded ??= open() ?? null;
  return loaded ? new LibcFiles(loaded) : new RuntimeFiles();
}

type Libc = NonNullable<ReturnType<typeof open>>;
let loaded: Libc | null | undefined;

function open() {
  try {
    return Deno.dlopen("libc.so.6", {
      open: { parameters: ["buffer", "i32"], result: "i32" },
      read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
      close: { parameters: ["i32"], result: "i32" },
      getdents64: { parameters: ["i32", "buffer", "usize"], result: "isize", optional: true },
      statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
    }).symbols;
  } catch {
    return undefined; // Another C library, such as musl, or an old one.
  }
}

const PROC = "/proc/";

/** Uses of `struct dirent64` in getdents64(2): the places of `d_reclen` and `d_name`. */
const LENGTH_AT = 16;
const NAME_AT = 19;
const LIST_BYTES = 64 * 1024;

function lengthOf(entries: Bytes, at: number): number {
  return entries[at + LENGTH_AT]! | entries[at + LENGTH_AT + 1]! << 8;
}

/** The number that is the name of an entry; 0 for other names. */
function idOf(entries: Bytes, at: number): number {
  let id = 0;
  for (let digit = at + NAME_AT;; digit++) {
    const value = entries[digit]! - 0x30;
    if (value < 0 || value > 9) return id;
    id = 10 * id + value;
  }
}

class LibcFiles implements ProcessFiles {
  readonly #libc: Libc;
  readonly #path = new Uint8Array(64);
  readonly #status = new Uint8Array(STATX_BYTES);
  readonly #owner = new Uint32Array(this.#status.buffer, STATX_UID_AT, 1);

  constructor(libc: Libc) {
    this.#libc = libc;
    new TextEncoder().encodeInto(PROC, this.#path);
  }

  ids(): number[] {
    const list = this.#libc.getdents64;
    // glibc has the function since version 2.30.
    if (list === null) return listedIds();
    this.#setPath("");
    const descriptor = this.#libc.open(this.#path, READ_ONLY);
    if (descriptor < 0) return [];
    const ids: number[] = [];
    const buffer = new Uint8Array(LIST_BYTES);
    for (;;) {
      const count = Number(list(descriptor, buffer, BigInt(LIST_BYTES)));
      if (count <= 0) break;
      for (let at = 0; at < count; at += lengthOf(buffer, at)) {
        const id = idOf(buffer, at);
        if (id > 0) ids.push(id);
      }
    }
    this.#libc.close(descriptor);
    return ids;
  }

  ownerOf(pid: number): number | undefined {
    this.#setPath(String(pid));
    const failed = this.#libc.statx(AT_FDCWD, this.#path, 0, STATX_UID, this.#status);
    return failed === 0 ? this.#owner[0] : undefined;
  }

  read(pid: number, name: string, buffer: Bytes): Bytes | undefined {
    this.#setPath(`${pid}/${name}`);
    const descriptor = this.#libc.open(this.#path, READ_ONLY);
    if (descriptor < 0) return undefined;
    const count = Number(this.#libc.read(descriptor, buffer, BigInt(buffer.length)));
    this.#libc.close(descriptor);
    return count < 0 ? undefined : buffer.subarray(0, count);
  }

  /** Writes a path below `/proc`, in ASCII. */
  #setPath(name: string): void {
    let at = PROC.length;
    for (let character = 0; character < name.length; character++) {
      this.#path[at++] = name.charCodeAt(character);
    }
    this.#path[at] = 0;
  }
}

function listedIds(): number[] {
  return Array.from(Deno.readDirSync(PROC), ({ name }) => Number(name)).filter(Number.isInteger);
}

/** Reads the files where glibc is not available. */
export class RuntimeFiles implements ProcessFiles {
  ids(): number[] {
    return listedIds();
  }

  ownerOf(pid: number): number | undefined {
    try {
      return Deno.statSync(PROC + pid).uid ?? undefined;
    } catch {
      return undefined;
    }
  }

  read(pid: number, name: string, buffer: Bytes): Bytes | undefined {
    try {
      using file = Deno.openSync(`${PROC}${pid}/${name}`);
      return buffer.subarray(0, file.readSync(buffer) ?? 0);
    } catch {
      return undefined;
    }
  }
}
