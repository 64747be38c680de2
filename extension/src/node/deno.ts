/**
 * The part of Deno's API that the modules shared with the program use, implemented with Node's. The
 * build replaces the global `Deno` with it (scripts/extension/bundle.ts), so that the rules for
 * paths, directories and sockets are written once. `tests/extension/bundle_test.ts` fails if a
 * shared module uses a function that is missing here.
 */
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
  unlinkSync,
} from "node:fs";

/** An error class that matches Node's error codes, because the shared modules use `instanceof`. */
function errorClass(...codes: readonly string[]) {
  return class {
    static [Symbol.hasInstance](error: unknown): boolean {
      const code = (error as { code?: unknown } | null)?.code;
      return typeof code === "string" && codes.includes(code);
    }
  };
}

function fileInfo(stats: Stats) {
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymlink: stats.isSymbolicLink(),
    isSocket: stats.isSocket(),
    dev: stats.dev,
    ino: stats.ino,
    mode: stats.mode,
    uid: process.getuid?.() === undefined ? null : stats.uid,
    gid: process.getgid?.() === undefined ? null : stats.gid,
    size: stats.size,
    mtime: stats.mtime,
  };
}

const systems: Record<string, string> = { darwin: "darwin", win32: "windows" };

export const deno = {
  build: { os: systems[process.platform] ?? "linux" },
  pid: process.pid,
  uid: () => process.getuid?.() ?? null,
  env: { get: (name: string) => process.env[name] },
  errors: {
    AlreadyExists: errorClass("EEXIST"),
    NotFound: errorClass("ENOENT"),
    PermissionDenied: errorClass("EACCES", "EPERM"),
  },
  cwd: () => process.cwd(),
  lstatSync: (path: string) => fileInfo(lstatSync(path)),
  statSync: (path: string) => fileInfo(statSync(path)),
  mkdirSync: (path: string, options: { recursive: boolean; mode: number }) =>
    void mkdirSync(path, options),
  readLinkSync: (path: string) => readlinkSync(path),
  readTextFileSync: (path: string) => readFileSync(path, "utf8"),
  realPathSync: (path: string) => realpathSync(path),
  removeSync: (path: string) => unlinkSync(path),
};
