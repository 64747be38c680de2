import type { SystemContext } from "../platform/mod.ts";

/** The part the current folder plays for a path. */
export interface RouteOptions {
  /** Absolute, links resolved; its window goes before one that is merely recent. */
  readonly currentFolder?: string;
  /** Its window goes even before the one that holds the path. */
  readonly currentFolderFirst?: boolean;
  /** URIs of other machines, whose desktop windows go before all others. */
  readonly uris?: readonly string[];
}

export interface RouterOptions {
  /** The target the user named (`--to`): an editor socket, a unique part of one, a folder, or a desktop editor. */
  readonly to?: string;
  /** The registry's socket (`--socket`). */
  readonly registrySocket?: string;
  /** Only a window known to hold the path (`--strict`). */
  readonly strict?: boolean;
  /** Only windows with an editor socket, no instances. */
  readonly editorsOnly?: boolean;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
  /** How long an editor may take to answer a probe, in milliseconds; 1000 unless told. */
  readonly probeTimeoutMs?: number;
  /** Called once when no registry answers; it is asked again when this resolves. */
  readonly startRegistry?: () => Promise<void>;
  /** What runs where there is no window (`--launch`); unless told, that is an error. */
  readonly launch?: string;
  /** What the user can do when there is no window; that another can be named, unless told. */
  readonly hint?: () => Promise<string>;
  /** Asked which window is meant when `to` is part of several editor sockets; undefined for none. */
  choose?(sockets: readonly string[]): Promise<string | undefined>;
  /** Told of every place that is asked, with the outcome. */
  onStep?(line: string): void;
  /** Told what the user should know although a window is found. */
  onNotice?(line: string): void;
  readonly context?: SystemContext;
}
