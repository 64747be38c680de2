import type { OpenModes } from "./item.ts";

/** Options for creating and sending requests to windows. */
export interface RequestOptions {
  readonly modes: OpenModes;
  /** `VSCODE_CLI_AUTHORITY`: the remote of the window that the hook variable names. */
  readonly authority?: string | undefined;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners: readonly number[];
  /** With `--wait`: creates a wait marker, an empty file that the window deletes. */
  readonly marker?: (() => string) | undefined;
}

/** A request to a window, ready to be sent. */
export interface WindowRequest {
  /** The content: plain data, which `--dry-run` and `--json` print. */
  readonly message: unknown;
  /**
   * Sends it.
   *
   * @returns with `--wait`, the function that waits for its files.
   * @throws {SessionctlError} an error for which `wasNotSent` holds if nothing arrived, so that
   * another window may get the items.
   */
  send(): Promise<Closed | undefined>;
}

/** Resolves when the files of a request are closed; rejects if that cannot be known. */
export type Closed = () => Promise<void>;
