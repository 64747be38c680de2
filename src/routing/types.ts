import type { SystemContext } from "../platform/mod.ts";
import type { LinkDestination } from "./destination.ts";

/** The role of the current folder for a path. */
export interface RouteOptions {
  /** Absolute, links resolved. Its window takes precedence over one that is merely recent. */
  readonly currentFolder?: string;
  /** Whether its window takes precedence even over the one that holds the path. */
  readonly currentFolderFirst?: boolean;
  /** The real path and the path as the user named it; a window elsewhere may have either open. */
  readonly written?: readonly [realPath: string, path: string];
  /** URIs of other machines, whose desktop windows take precedence over all others. */
  readonly uris?: readonly string[];
  /** Set for `uris` that were named as `HOST:PATH`; `window` is the fleet's window for them. */
  readonly ofHost?: { readonly window?: LinkDestination };
}

export interface RouterOptions {
  /** The target the user named (`--to`): an editor socket, a unique part of one, a folder, a desktop editor, or the socket of a link. */
  readonly to?: string;
  /** The registry's socket (`--socket`). */
  readonly registrySocket?: string;
  /** Accepts only a window that is known to hold the path (`--strict`). */
  readonly strict?: boolean;
  /** Accepts only windows with an editor socket, not instances or desktop editors. */
  readonly editorsOnly?: boolean;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
  /** Time limit of an editor's answer to a probe, in milliseconds; 1000 by default. */
  readonly probeTimeoutMs?: number;
  /** Called once if no registry answers; when it resolves, the request is repeated. */
  readonly startRegistry?: () => Promise<void>;
  /** The command for paths without a window (`--launch`); without it, they are an error. */
  readonly launch?: string;
  /** Gives the hint for an error without a window; by default, that another window can be named. */
  readonly hint?: () => Promise<string>;
  /** Asks the user to choose if `to` is part of several editor sockets; undefined for none. */
  choose?(sockets: readonly string[]): Promise<string | undefined>;
  /** Called with each place that is asked and its outcome. */
  onStep?(line: string): void;
  /** Called with notices for the user that do not prevent finding a window. */
  onNotice?(line: string): void;
  readonly context?: SystemContext;
}
