import { type OpenMessage, sendToEditor } from "../editor/mod.ts";
import { SessionctlError } from "../errors.ts";
import { type OpenItem, openMessages, type OpenModes } from "../open/mod.ts";
import { routeOptionsFor } from "./git.ts";
import type { Router } from "./router.ts";
import type { RouteOptions, Target } from "./types.ts";

/** One window and what it is told. */
export interface Delivery {
  readonly target: Target;
  readonly items: readonly OpenItem[];
  readonly messages: readonly OpenMessage[];
}

/** Items for which there is no window, and why. */
export interface Undeliverable {
  readonly items: readonly OpenItem[];
  readonly error: SessionctlError;
}

export interface Plan {
  readonly deliveries: readonly Delivery[];
  readonly undeliverable: readonly Undeliverable[];
}

export interface PlanOptions {
  readonly modes: OpenModes;
  /**
   * The current folder, links resolved: a window is looked for by it where the items name none,
   * or no window holds them. It throws when there is no such folder any more.
   */
  readonly currentFolder: () => string;
  /** `GIT_PREFIX`: where below the current folder git was called. */
  readonly gitPrefix?: string;
  /** `VSCODE_CLI_AUTHORITY`: the remote of the window that the hook variable names. */
  readonly authority?: string;
}

/**
 * Finds each item's window and groups the items by it. Items that belong together go
 * to the window of the first that has one.
 *
 * @throws {SessionctlError} what is wrong with `--to`.
 */
export async function planDeliveries(
  router: Router,
  items: readonly OpenItem[],
  options: PlanOptions,
): Promise<Plan> {
  const byTarget = new Map<string, { target: Target; items: Set<OpenItem> }>();
  const undeliverable: Undeliverable[] = [];
  for (const { unit, found } of await routeAll(router, units(items, options))) {
    if (found instanceof SessionctlError) {
      undeliverable.push({ items: unit.items, error: found });
      continue;
    }
    const group = byTarget.get(found.socketPath) ?? { target: found, items: new Set() };
    for (const item of unit.items) group.items.add(item);
    byTarget.set(found.socketPath, group);
  }
  const deliveries = [...byTarget.values()].map(({ target, items: group }) => {
    const authority = target.step === "hook" ? options.authority : undefined;
    const inOrder = items.filter((item) => group.has(item));
    return { target, items: inOrder, messages: openMessages(inOrder, options.modes, authority) };
  });
  return { deliveries, undeliverable };
}

/** How many walks are under way at once. */
const WALKS_AT_ONCE = 16;

async function routeAll(
  router: Router,
  all: readonly Unit[],
): Promise<{ unit: Unit; found: Target | SessionctlError }[]> {
  const routed: { unit: Unit; found: Target | SessionctlError }[] = [];
  for (let at = 0; at < all.length; at += WALKS_AT_ONCE) {
    const batch = all.slice(at, at + WALKS_AT_ONCE).map(async (unit) => {
      const found = await router.route(unit.paths, unit).catch((error) => {
        if (error instanceof SessionctlError && error.code === "NO_TARGET") return error;
        throw error;
      });
      return { unit, found };
    });
    routed.push(...await Promise.all(batch));
  }
  return routed;
}

interface Unit extends RouteOptions {
  readonly items: OpenItem[];
  readonly paths: readonly string[];
}

/** What is routed as one: everything with `together`, else the files of a folder. */
function units(items: readonly OpenItem[], options: PlanOptions): Unit[] {
  if (items.length === 0) return [{ items: [], paths: [options.currentFolder()] }];
  const currentFolder = existingFolder(options.currentFolder);
  if (options.modes.together) {
    // The result of a merge and the working copy of a diff come last.
    const paths = new Set(items.map(({ realPath }) => realPath).reverse());
    return [{ items: [...items], paths: [...paths], currentFolder }];
  }
  const units = new Map<string, Unit>();
  for (const item of items) {
    const { kind, realPath } = item;
    const key = kind === "folder" ? realPath : realPath.slice(0, realPath.lastIndexOf("/") + 1);
    const unit = units.get(key) ??
      {
        items: [],
        paths: [realPath],
        ...routeOptionsFor(realPath, currentFolder, options.gitPrefix),
      };
    unit.items.push(item);
    units.set(key, unit);
  }
  return [...units.values()];
}

function existingFolder(currentFolder: () => string): string | undefined {
  try {
    return currentFolder();
  } catch (error) {
    if (error instanceof SessionctlError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

/**
 * Tells a window one message.
 *
 * @throws {SessionctlError} as `sendToEditor`; see {@link wasNotSent}.
 */
export async function deliver(
  target: Target,
  message: OpenMessage,
  allowOwners: readonly number[],
): Promise<void> {
  if (target.step === "instance") {
    const { openInInstance } = await import("./late_steps.ts");
    await openInInstance(target.socketPath, message, allowOwners);
  } else {
    await sendToEditor(target.socketPath, message, { allowOwners });
  }
}

const NOT_SENT = [
  "SOCKET_MISSING",
  "CONNECTION_REFUSED",
  "BACKLOG_FULL",
  "FOREIGN_OWNER",
  "MESSAGE_UNREAD",
];

/** Whether a failed delivery reached nobody, so that another window may be told instead. */
export function wasNotSent(error: unknown): boolean {
  return error instanceof SessionctlError &&
    NOT_SENT.includes(error.code);
}
