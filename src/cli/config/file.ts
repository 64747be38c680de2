import { errnoOf, reasonOf } from "../../errors.ts";
import { printablePath, system } from "../../platform/mod.ts";
import type { ConfigProblem } from "./document.ts";

/** Maximum length; no reasonable config file is longer. */
const MAX_BYTES = 256 * 1024;

export interface ConfigText {
  readonly text?: string;
  /** Why there is no text; also absent if there is no file. */
  readonly problem?: ConfigProblem;
}

/**
 * Reads the config file. It can name commands to run (`launch`), so it counts only if nobody except
 * the user and root can have written it.
 */
export function readConfigFile(path: string): ConfigText {
  const shown = printablePath(path);
  const refuse = (reason: string, how: Partial<ConfigProblem> = {}): ConfigText => ({
    problem: { text: `${shown} ${reason}`, ...how, line: undefined, column: undefined },
  });
  try {
    // Checked before opening, because opening a FIFO would block until it has a writer.
    if (!Deno.statSync(path).isFile) return refuse("is not a regular file");
    using file = Deno.openSync(path);
    const { uid, mode, size, isFile } = file.statSync();
    if (!isFile) return refuse("is not a regular file");
    if (uid !== null && uid !== 0 && uid !== Deno.uid()) {
      return refuse(`belongs to another user (uid ${uid}) and is not read`, {
        refused: "foreign",
        hint: "move it away and write your own: sessionctl config --init",
      });
    }
    // Windows has no mode bits; the runtime invents them.
    if (system.os !== "windows" && ((mode ?? 0) & 0o022) !== 0) {
      return refuse("can be written by others and is not read", {
        refused: "writable",
        hint: `run: chmod go-w ${shown}`,
      });
    }
    if (size > MAX_BYTES) return refuse(`is longer than ${MAX_BYTES / 1024} KiB and is not read`);
    return decode(readAll(file), refuse);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") {
      if (!system.env("SESSIONCTL_CONFIG")) return {};
      return refuse("does not exist, but SESSIONCTL_CONFIG names it", {
        refused: "missing",
        hint: "write it with: sessionctl config --init; or read none: SESSIONCTL_CONFIG=none",
      });
    }
    return refuse(`cannot be read: ${reasonOf(error)}`);
  }
}

function readAll(file: Deno.FsFile): Uint8Array {
  const buffer = new Uint8Array(MAX_BYTES);
  let length = 0;
  while (length < MAX_BYTES) {
    const count = file.readSync(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

function decode(bytes: Uint8Array, refuse: (reason: string) => ConfigText): ConfigText {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return refuse("is not UTF-8");
  }
}
