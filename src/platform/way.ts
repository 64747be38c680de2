import { dirname } from "@std/path/posix";

/** An entry of a folder. */
export interface Entry {
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/** What was found on the way to a file. */
export interface Way {
  /** Entries of sticky folders, which may be different ones a moment later: see `isUnchanged`. */
  readonly sticky: readonly Entry[];
  /** The first folder or link that somebody who is not trusted can change; nothing behind it counts. */
  readonly culprit?: Entry;
}

const MAX_LINKS = 40;
const STICKY = 0o1000;

/**
 * Follows `path` from the root, links included, as the kernel does, and looks who can change where
 * it leads: the owner of each folder, and all whom its mode lets write to it. In a sticky folder
 * (`/tmp`) they can add entries, but not change those of others.
 *
 * @param writers The mode bits of a folder that let somebody in who is not trusted.
 * @throws what `lstat` throws, for the first entry that is not there. All folders above it are
 * trusted then.
 */
export function followWay(
  path: string,
  isTrusted: (uid: number | null) => boolean,
  writers: number,
): Way {
  const sticky: Entry[] = [];
  const ahead = (path.startsWith("/") ? path : `${Deno.cwd()}/${path}`).split("/").reverse();
  let links = 0;
  let folder: Entry = { path: "/", info: Deno.lstatSync("/") };
  while (ahead.length > 0) {
    const name = ahead.pop()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      // What was followed so far has no links any more, and was looked at.
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
      // A file system that is mounted here can be a stranger's, and claim any owner.
      const isMount = entry.info.dev !== folder.info.dev;
      if (isMount || !isTrusted(entry.info.uid)) return { sticky, culprit: entry };
      sticky.push(entry);
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
 * Whether an entry still is the file it was. The number alone could be given to a new file, and a
 * hard link could bring the old one back: either changes the time. A folder's changes with each
 * file in it, so of a folder the time of its birth counts, which has no hard links.
 */
export function isUnchanged({ path, info }: Entry): boolean {
  try {
    const now = Deno.lstatSync(path);
    const time = info.isDirectory ? "birthtime" : "ctime";
    return now.dev === info.dev && now.ino === info.ino && now.uid === info.uid &&
      now[time]?.getTime() === info[time]?.getTime();
  } catch {
    return false;
  }
}
