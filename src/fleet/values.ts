/** The values of a fleet's keys: JSON from other hosts, which is checked and bounded. */

/** A folder of a window: its host in the fleet, and its path there. */
export interface FleetFolder {
  readonly host: string;
  /** Absolute. */
  readonly path: string;
}

/** A window as its host publishes it. */
export interface FleetWindow {
  /** The kind of editor, such as "code-server" or "desktop". */
  readonly kind: string;
  /** Its name for users, such as "Visual Studio Code". */
  readonly name: string;
  readonly folders: readonly FleetFolder[];
  /** Whether it has the focus now. */
  readonly focused: boolean;
  /** When it was last used, in milliseconds since the epoch. */
  readonly lastActive: number;
}

/** The lasting description of a host, which also exists while it is away. */
export interface FleetMeta {
  /** The version of sessionctl. */
  readonly version: string;
  /** When the host was last seen, in milliseconds since the epoch. */
  readonly lastSeen: number;
}

/** The description of a live host: the start of its registry, and whether it has a desktop. */
export interface FleetLive {
  readonly boot: string;
  /** Whether a desktop editor runs there, which can open any host's files. */
  readonly desktop: boolean;
}

/** Maximum length of a value that is read, in characters. */
const MAX_VALUE = 256 * 1024;
const MAX_FOLDERS = 100;
const MAX_TEXT = 256;
const MAX_PATH = 4096;

/** Parses a window; undefined for anything else. */
export function readWindow(text: string, now: number): FleetWindow | undefined {
  const value = objectOf(text);
  if (value === undefined || !Array.isArray(value.folders)) return undefined;
  const folders = value.folders.slice(0, MAX_FOLDERS).flatMap((folder) => {
    const { host, path } = (folder ?? {}) as Record<string, unknown>;
    const isPath = typeof path === "string" && path.startsWith("/") && path.length <= MAX_PATH;
    return typeof host === "string" && host.length <= MAX_TEXT && isPath ? [{ host, path }] : [];
  });
  return {
    kind: textOf(value.kind, "editor"),
    name: textOf(value.name, textOf(value.kind, "editor")),
    folders,
    focused: value.focused === true,
    lastActive: timeOf(value.lastActive, now),
  };
}

/** Parses the lasting description of a host; missing fields are unknown. */
export function readMeta(text: string, now: number): FleetMeta {
  const value = objectOf(text);
  return { version: textOf(value?.version, "unknown"), lastSeen: timeOf(value?.lastSeen, now) };
}

/** Parses the description of a live host. */
export function readLive(text: string): FleetLive {
  const value = objectOf(text);
  return { boot: textOf(value?.boot, ""), desktop: value?.desktop === true };
}

/** Parses a JSON object; undefined for anything else. */
export function objectOf(text: string, longest = MAX_VALUE): Record<string, unknown> | undefined {
  if (text.length > longest) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value.slice(0, MAX_TEXT) : otherwise;
}

/**
 * A time of another host, limited because its clock may be wrong: a future time would always win.
 */
function timeOf(value: unknown, now: number): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0
    ? Math.min(value, now)
    : 0;
}
