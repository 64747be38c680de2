import { dirname } from "@std/path/posix";

/** An entry of a folder. */
export interface Entry {
  readonly path: string;
  readonly info: Deno.FileInfo;
  /** Whether it was so new that a file created after it may have the same times. */
  readonly isFresh?: boolean;
}

/** The result of following the way to a file. */
export interface Way {
  /** Entries of sticky folders, which may have been replaced a moment later: see `isUnchanged`. */
  readonly sticky: readonly Entry[];
  /** The first folder or symlink that an untrusted user can change; nothing beyond it counts. */
  readonly culprit?: Entry;
}

const MAX_LINKS = 40;
const STICKY = 0o1000;
/** Longer than the steps of a file system's clock, which are up to 10 ms, in milliseconds. */
const CLOCK_STEP_MS = 20;

/**
 * Follows `path` from the root, including symlinks, like the kernel, and determines who can change
 * its target: the owner of each folder, and everyone to whom its mode gives write access. In a
 * sticky folder (`/tmp`) they can add entries, but not change those of others.
 *
 * @param writers The mode bits of a folder that give write access to untrusted users.
 * @throws the error of `lstat` for the first missing entry. Then all folders above it are trusted.
 */
export function followWay(
  path: string,
  isTrusted: (uid: number | null) => boolean,
  writers: number,
): Way {
  // Before any entry is read, because the process may have to wait after that.
  const started = Date.now();
  const sticky: Entry[] = [];
  const ahead = (path.startsWith("/") ? path : `${Deno.cwd()}/${path}`).split("/").reverse();
  let links = 0;
  let folder: Entry = { path: "/", info: Deno.lstatSync("/") };
  while (ahead.length > 0) {
    const name = ahead.pop()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      // The path followed so far has no symlinks any more, and was checked.
      folder = entryAt(dirname(folder.path));
      continue;
    }
    const mode = folder.info.mode ?? 0o777;
    const isOpen = (mode & writers) !== 0;
    if (!isTrusted(folder.info.uid) || (isOpen && (mode & STICKY) === 0)) {
      return { sticky, culprit: folder };
    }
    const entry = entryAt(folder.path === "/" ? `/${name}` : `${folder.path}/${name}`);
    if (isOpen) {
      // A file system mounted here can be controlled by a stranger, and claim any owner.
      const isMount = entry.info.dev !== folder.info.dev;
      if (isMount || !isTrusted(entry.info.uid)) return { sticky, culprit: entry };
      // Folders do not come and go that quickly.
      const isFresh = !entry.info.isDirectory &&
        started - timeOf(entry.info) < CLOCK_STEP_MS;
      sticky.push({ ...entry, isFresh });
    }
    if (!entry.info.isSymlink) {
      folder = entry;
      continue;
    }
    const target = Deno.readLinkSync(entry.path);
    if (++links > MAX_LINKS) return { sticky, culprit: entry };
    ahead.push(...target.split("/").reverse());
    if (target.startsWith("/")) folder = entryAt("/");
  }
  return { sticky };
}

function entryAt(path: string): Entry {
  return { path, info: Deno.lstatSync(path) };
}

/**
 * Whether an entry is certainly still the same file. The inode number alone could be given to a new
 * file, and a hard link could bring the old one back: both change the time. It must not have
 * been fresh, because its name may have had three owners within one step of the clock.
 */
export function isUnchanged({ path, info }: Entry): boolean {
  try {
    const now = Deno.lstatSync(path);
    return now.dev === info.dev && now.ino === info.ino && now.uid === info.uid &&
      timeOf(now) === timeOf(info);
  } catch {
    return false;
  }
}

/**
 * The time that a replacement changes. A folder's own time changes with each file in it, so for a
 * folder, which has no hard links, the time of its creation counts.
 */
function timeOf(info: Deno.FileInfo): number {
  return (info.isDirectory ? info.birthtime : info.ctime)?.getTime() ?? 0;
}
