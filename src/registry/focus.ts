import { SessionctlError } from "../errors.ts";

/** The focus of a window, as its companion reports it. */
export interface Focus {
  /** Whether the window has the focus now. */
  focused?: boolean;
  /**
   * Time of the window's last focus, in milliseconds since the epoch. For a window that has the
   * focus, the time when it gained it; absent if it never had it.
   */
  focusedAt?: number;
}

/** The body of `POST /v1/focus`. */
export interface FocusReport extends Focus {
  /** The editor socket of the window. */
  readonly socketPath: string;
  /** The id with which the window is registered. */
  readonly windowId?: string;
}

function invalid(message: string): SessionctlError {
  return new SessionctlError("INVALID_ARGUMENT", message);
}

/**
 * Checks the focus that a client reports.
 *
 * @param prefix Text before a field's name in an error, such as "entry.".
 * @param now Milliseconds since the epoch. A later reported time is lowered to this one, so that no
 * window stays ahead of windows that are used after it.
 * @throws {SessionctlError} `INVALID_ARGUMENT`, with the field and its problem.
 */
export function readFocus(fields: Record<string, unknown>, prefix: string, now: number): Focus {
  const { focused = null, focusedAt = null } = fields;
  if (focused !== null && typeof focused !== "boolean") {
    throw invalid(`${prefix}focused must be true or false`);
  }
  if (focusedAt !== null && !isTime(focusedAt)) {
    throw invalid(`${prefix}focusedAt must be a time in milliseconds`);
  }
  const at = focusedAt ?? (focused === true ? now : undefined);
  return {
    ...(focused === null ? {} : { focused }),
    ...(at === undefined ? {} : { focusedAt: Math.min(at, now) }),
  };
}

/** Whether a registration contains any focus field. */
export function reportsFocus(entry: unknown): boolean {
  const { focused, focusedAt } = entry as Record<string, unknown>;
  return focused != null || focusedAt != null;
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/** Removes invalid focus fields from a session that was read from disk. */
export function dropUnsoundFocus(session: Focus): void {
  const { focused, focusedAt } = session;
  if (focused === undefined && focusedAt === undefined) return;
  if (!isTime(focusedAt)) delete session.focusedAt;
  if (typeof focused !== "boolean" || session.focusedAt === undefined) delete session.focused;
}

/**
 * Checks the body of `POST /v1/focus`.
 *
 * @param now Milliseconds since the epoch.
 * @throws {SessionctlError} `INVALID_ARGUMENT`, with the field and its problem.
 */
export function toFocusReport(body: Record<string, unknown>, now: number): FocusReport {
  const { socketPath, windowId, focused } = body;
  if (typeof socketPath !== "string" || socketPath === "") throw invalid("socketPath is required");
  if (typeof focused !== "boolean") throw invalid("focused is required: true or false");
  return {
    socketPath,
    ...(windowId == null ? {} : { windowId: checkWindowId(windowId, "windowId") }),
    ...readFocus(body, "", now),
  };
}

const WINDOW_ID = /^[0-9a-f]{32}$/;
/** The maximum length of each text that a companion sends, in characters. */
const TEXTS = { companion: 64, appVersion: 64, appName: 256, remoteName: 256 } as const;
const MAX_INSTANCES = 1000;

/**
 * Checks the id of a window: 32 hexadecimal digits.
 *
 * @throws {SessionctlError} `INVALID_ARGUMENT` for anything else.
 */
function checkWindowId(value: unknown, name: string): string {
  if (typeof value === "string" && WINDOW_ID.test(value)) return value;
  throw invalid(`${name} must be 32 hexadecimal digits (lower case)`);
}

/**
 * Checks the fields that a companion sends about its window, except for the focus.
 *
 * @param entry The fields as sent; null counts as absent.
 * @throws {SessionctlError} `INVALID_ARGUMENT`, with the field and its problem.
 */
export function checkCompanionFields(entry: Record<string, unknown>): void {
  if (entry.windowId != null) checkWindowId(entry.windowId, "entry.windowId");
  for (const [field, most] of Object.entries(TEXTS)) {
    const value = entry[field] ?? "";
    if (typeof value !== "string") throw invalid(`entry.${field} must be a string`);
    if (value.length > most) {
      throw invalid(`entry.${field} has ${value.length} characters, at most ${most} are allowed`);
    }
  }
  const instances = entry.instanceSockets ?? [];
  const areStrings = Array.isArray(instances) && instances.length <= MAX_INSTANCES &&
    instances.every((path) => typeof path === "string");
  if (!areStrings) {
    throw invalid(`entry.instanceSockets must be an array of at most ${MAX_INSTANCES} strings`);
  }
}

/** The id of a session's window; undefined if neither a companion nor a hook sent one. */
export function windowIdOf({ windowId }: { readonly windowId?: unknown }): string | undefined {
  return typeof windowId === "string" && WINDOW_ID.test(windowId) ? windowId : undefined;
}

/** Compares by focus: first the window that has it, then the window that had it last. */
export function compareFocus(a: Focus, b: Focus): number {
  const now = Number(b.focused ?? false) - Number(a.focused ?? false);
  return now || (b.focusedAt ?? -1) - (a.focusedAt ?? -1);
}
