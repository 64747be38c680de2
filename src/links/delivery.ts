import { DeliveryRefusal, shownText } from "./refusal.ts";
import { isAuthority } from "./authority.ts";

/** An item of a delivery: a file or folder of the sender's machine. */
export interface DeliveryItem {
  readonly kind: "file" | "folder";
  /** Absolute, on the sender's machine. */
  readonly path: string;
  /**
   * The path with symlinks resolved, if it differs; a window may have the folder of either open.
   */
  readonly realPath?: string;
  /** Starts at 1; only for a file. */
  readonly line?: number;
  /** Starts at 1; only with a line. */
  readonly column?: number;
}

/** The action on the items: open each, or treat them together. */
export type DeliveryMode = "open" | "diff" | "merge" | "add";

/**
 * A request to open items on another machine; the only kind that is always allowed between
 * machines.
 */
export interface Delivery {
  /** {@link VIA_VERSION} with `via`. */
  readonly version: 1 | 2;
  /** The sender's name for itself. It is shown, but decides nothing. */
  readonly from: { readonly host: string; readonly user?: string };
  /** The machine of the files if the sender passes the delivery on, as its link was typed there. */
  readonly via?: string;
  /** The name of the sender's machine in the receiver's editor, such as `ssh-remote+hostb`. */
  readonly authority: string;
  readonly mode: DeliveryMode;
  /** The items, in the order in which they are opened. */
  readonly items: readonly DeliveryItem[];
  readonly newWindow?: boolean;
  readonly reuseWindow?: boolean;
  /** Whether the sender asks later if the files were closed. */
  readonly wait?: boolean;
}

/** Maximum number of items of one delivery. */
export const MAX_ITEMS = 1000;
/** Maximum length of a path, in characters: the kernel's PATH_MAX. */
const MAX_PATH_LENGTH = 4096;
/** Maximum length of a delivery, in bytes: a thousand long paths, most of them in ASCII. */
export const MAX_DELIVERY_BYTES = 5 * 1024 * 1024;
const MAX_NAME_LENGTH = 255;
/** VS Code stores lines and columns in 32 bits. */
const MAX_POSITION = 0x7fff_ffff;

const MODES: readonly unknown[] = ["open", "diff", "merge", "add"];
/** Number of items of modes with a fixed number. */
const COUNTS: Readonly<Record<string, number>> = { diff: 2, merge: 4 };

/**
 * Parses a delivery from another machine. Unknown fields are dropped, so that only checked fields
 * are passed on.
 *
 * @param value The sender's parsed JSON.
 * @throws {DeliveryRefusal} with the problem.
 * @example
 * ```ts
 * readDelivery(JSON.parse(text)).items[0].path; // "/home/ann/api/src/a.ts"
 * ```
 */
export function readDelivery(value: unknown): Delivery {
  const { version, via, from, authority, mode, items, ...flags } = objectOf(value, "the delivery");
  checkVersion(version, via);
  if (!isAuthority(authority)) {
    throw malformed(`this is not an editor's authority: ${shownText(authority)}`);
  }
  if (!MODES.includes(mode)) throw malformed(`unknown mode: ${shownText(mode)}`);
  if (!Array.isArray(items)) throw malformed("it has no list of items");
  if (items.length > MAX_ITEMS) {
    throw new DeliveryRefusal("too-many", `it has ${items.length} items, more than ${MAX_ITEMS}`);
  }
  const read = items.map((item, at) => readItem(item, `item ${at + 1}`));
  checkCount(mode as DeliveryMode, read);
  const newWindow = flagOf(flags, "newWindow");
  const reuseWindow = flagOf(flags, "reuseWindow");
  const wait = flagOf(flags, "wait");
  if (newWindow && reuseWindow) throw malformed("it asks for a new window and for an open one");
  if (wait && !read.some(({ kind }) => kind === "file")) throw malformed("no file to wait for");
  return {
    ...versionOf(via),
    from: readSender(from),
    authority,
    mode: mode as DeliveryMode,
    items: read,
    ...newWindow && { newWindow },
    ...reuseWindow && { reuseWindow },
    ...wait && { wait },
  };
}

/** Maximum number of paths of one question for a window. */
const MAX_PATHS = 16;

/** A question for the window that would get a path. */
export interface Question {
  /** Absolute paths on the sender's machine; the most specific first. */
  readonly paths: readonly string[];
  /** The machine of the paths if it is not the sender, as its link was typed there. */
  readonly via?: string;
  /** The folder that the sender wants for the far end of its next link. */
  readonly remoteFolder?: string;
}

/**
 * Whether a folder can contain the far end of a link: its path becomes part of ssh's arguments and
 * settings, and has to fit into 107 bytes together with the socket's name (unix(7)).
 */
export function isRemoteFolder(value: unknown): value is string {
  return typeof value === "string" && value.length <= 64 &&
    /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/.test(value);
}

/**
 * Parses a question for a window.
 *
 * @throws {DeliveryRefusal} with the problem.
 */
export function readQuestion(value: unknown): Question {
  const { version, paths, via, remoteFolder } = objectOf(value, "the question");
  checkVersion(version, via);
  if (!Array.isArray(paths)) throw malformed("it has no list of paths");
  if (paths.length > MAX_PATHS) {
    throw new DeliveryRefusal("too-many", `it has ${paths.length} paths, more than ${MAX_PATHS}`);
  }
  paths.forEach((path, at) => checkPath(path, `item ${at + 1}`));
  const { via: checked } = versionOf(via);
  return {
    paths,
    ...checked !== undefined && { via: checked },
    ...isRemoteFolder(remoteFolder) && { remoteFolder },
  };
}

/**
 * The version of messages with `via`. A receiver that does not know this version refuses them,
 * because it would take the paths for the sender's own.
 */
export const VIA_VERSION = 2;

function checkVersion(version: unknown, via: unknown): void {
  if (version === (via === undefined ? 1 : VIA_VERSION)) return;
  throw new DeliveryRefusal("version", `unknown version ${shownText(version)}`);
}

function versionOf(via: unknown): { version: 1 | 2; via?: string } {
  if (via === undefined) return { version: 1 };
  const isName = typeof via === "string" && via !== "" && via.length <= MAX_NAME_LENGTH;
  if (!isName) throw malformed("the machine that it comes from has no name");
  return { version: VIA_VERSION, via };
}

function malformed(message: string): DeliveryRefusal {
  return new DeliveryRefusal("malformed", message);
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw malformed(`${what} is not an object`);
}

function flagOf(flags: Record<string, unknown>, name: string): boolean {
  const value = flags[name];
  if (value === undefined || typeof value === "boolean") return value === true;
  throw malformed(`${name} is neither true nor false`);
}

function readSender(value: unknown): Delivery["from"] {
  const { host, user } = objectOf(value, "the sender");
  const isName = (name: unknown): name is string =>
    typeof name === "string" && name !== "" && name.length <= MAX_NAME_LENGTH;
  if (!isName(host)) throw malformed("the sender's host has no name");
  if (user !== undefined && !isName(user)) throw malformed("the sender's user has no name");
  return { host, ...user === undefined ? {} : { user } };
}

function checkCount(mode: DeliveryMode, items: readonly DeliveryItem[]): void {
  const count = COUNTS[mode];
  if (count !== undefined && items.length !== count) {
    throw malformed(`${mode} takes ${count} items, not ${items.length}`);
  }
  if (count !== undefined && items.some(({ kind }) => kind === "folder")) {
    throw malformed(`${mode} takes files`);
  }
  if (mode !== "add") return;
  if (items.length === 0) throw malformed("add takes at least one folder");
  if (items.some(({ kind }) => kind === "file")) throw malformed("add takes folders");
}

function readItem(value: unknown, what: string): DeliveryItem {
  const { kind, path, realPath, line, column } = objectOf(value, what);
  if (kind !== "file" && kind !== "folder") throw malformed(`${what} is neither file nor folder`);
  checkPath(path, what);
  if (realPath !== undefined) checkPath(realPath, what);
  const item = { kind, path, ...realPath !== undefined && { realPath } } as const;
  if (line === undefined && column === undefined) return item;
  if (kind === "folder") throw malformed(`${what} is a folder with a line`);
  if (line === undefined) throw malformed(`${what} has a column and no line`);
  checkPosition(line, `the line of ${what}`);
  if (column === undefined) return { ...item, line };
  checkPosition(column, `the column of ${what}`);
  return { ...item, line, column };
}

/**
 * Checks that a path names one file for every reader: the target of `..` depends on the symlinks of
 * the sender's machine, and a URI would drop it.
 */
function checkPath(path: unknown, what: string): asserts path is string {
  const fail = (reason: string) => {
    throw new DeliveryRefusal("path", `the path of ${what} ${reason}`);
  };
  if (typeof path !== "string") return fail("is not a text");
  if (path.length > MAX_PATH_LENGTH) return fail(`is longer than ${MAX_PATH_LENGTH} characters`);
  if (!path.startsWith("/") || path.startsWith("//")) return fail("is not absolute");
  if (path.includes("\0")) return fail("contains a NUL character");
  if (!path.isWellFormed()) return fail("is not valid Unicode");
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(path)) return fail("contains . or .. as a name");
}

function checkPosition(value: unknown, what: string): asserts value is number {
  const isPosition = Number.isInteger(value) && (value as number) >= 1 &&
    (value as number) <= MAX_POSITION;
  if (!isPosition) throw malformed(`${what} is not a line or column number`);
}
