import { dirname } from "@std/path";
import { SessionctlError } from "../errors.ts";
import {
  addressOf,
  type Destination,
  type RouteOptions,
  routeOptionsFor,
  type Router,
} from "../routing/mod.ts";
import { localPathOf, type OpenItem, type OpenModes } from "./item.ts";

/** A destination and its items, in the order of the command line. */
export interface Part {
  readonly destination: Destination;
  readonly items: readonly OpenItem[];
}

/** The destinations of all items. */
export interface Plan {
  readonly parts: readonly Part[];
  /** Why some items have no destination; undefined if all have one. */
  readonly error: SessionctlError | undefined;
}

export interface PlanOptions {
  readonly together: OpenModes["together"];
  /**
   * Gives the current folder, links resolved. Its window is used if there are no items, or if no
   * window holds them. Throws if the folder no longer exists.
   */
  readonly currentFolder: () => string;
  /** `GIT_PREFIX`: the subfolder of the current folder in which git was called. */
  readonly gitPrefix?: string | undefined;
}

/**
 * Finds each item's destination and groups the items by it. Items that belong together go
 * to the window of the first that has one.
 *
 * @throws {SessionctlError} if `--to` names no usable window.
 */
export async function planItems(
  router: Router,
  items: readonly OpenItem[],
  options: PlanOptions,
): Promise<Plan> {
  const groups = new Map<string, { destination: Destination; items: Set<OpenItem> }>();
  const homeless: string[] = [];
  for (const { unit, found } of await routeAll(router, units(items, options))) {
    if (found === undefined) {
      const { items: [item], paths } = unit;
      homeless.push(...unit.ofHost === undefined ? paths : [item!.typed]);
      continue;
    }
    const group = groups.get(addressOf(found)) ?? { destination: found, items: new Set() };
    for (const item of unit.items) group.items.add(item);
    groups.set(addressOf(found), group);
  }
  const parts = Array.from(groups.values(), ({ destination, items: group }) => ({
    destination,
    items: items.filter((item) => group.has(item)),
  }));
  const error = homeless.length === 0 ? undefined : await router.noTarget(homeless);
  return { parts, error };
}

/** Maximum number of concurrent walks. */
const WALKS_AT_ONCE = 16;

interface Routed {
  readonly unit: Unit;
  readonly found: Destination | undefined;
}

async function routeAll(router: Router, all: readonly Unit[]): Promise<Routed[]> {
  const routed: Routed[] = [];
  for (let at = 0; at < all.length; at += WALKS_AT_ONCE) {
    const batch = all.slice(at, at + WALKS_AT_ONCE);
    const found = batch.map(async (unit) => ({ unit, found: await router.find(unit.paths, unit) }));
    routed.push(...await Promise.all(found));
  }
  return routed;
}

interface Unit extends RouteOptions {
  readonly items: OpenItem[];
  readonly paths: readonly string[];
}

/**
 * The items that are routed as one: all of them with `together`, otherwise those of each folder.
 */
function units(items: readonly OpenItem[], options: PlanOptions): Unit[] {
  if (items.length === 0) return [{ items: [], paths: [options.currentFolder()] }];
  const currentFolder = existingFolder(options.currentFolder);
  if (options.together) {
    // The result of a merge and the working copy of a diff come last, so they are tried first.
    const paths = new Set(items.map(({ realPath }) => realPath).reverse());
    const uris = items.flatMap((item) => elsewhere(item) ?? []).reverse();
    const [first] = items;
    const ofHost = first !== undefined && "uri" in first ? first.ofHost : undefined;
    return [{ items: [...items], paths: [...paths], uris, currentFolder, ...ofHost && { ofHost } }];
  }
  const units = new Map<string, Unit>();
  for (const item of items) {
    const { kind, realPath } = item;
    const uri = elsewhere(item);
    const key = uri ?? (kind === "folder" ? realPath : dirname(realPath));
    const unit = units.get(key) ??
      {
        items: [],
        paths: [realPath],
        uris: uri === undefined ? [] : [uri],
        ..."path" in item && item.path !== realPath && { written: [realPath, item.path] as const },
        ..."uri" in item && item.ofHost && { ofHost: item.ofHost },
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

/** The URI of an item on another machine. */
function elsewhere(item: OpenItem): string | undefined {
  return "uri" in item && localPathOf(item) === undefined ? item.uri : undefined;
}
