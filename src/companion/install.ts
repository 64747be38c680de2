import {
  extensionFailure,
  fileUri,
  hasPage,
  installedExtensions,
  plainText,
  sendToEditor,
} from "../editor/mod.ts";
import { SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";

/** The extension's identifier, `PUBLISHER.NAME`. */
export const COMPANION_ID = "sessionctl.companion";

/** The window whose editor is asked, and the time limit. */
export interface CompanionOptions {
  /** Further user ids whose sockets may be used. */
  readonly allowOwners?: readonly number[];
  /** Time limit for the editor to install or uninstall, in milliseconds; 120,000 by default. */
  readonly timeoutMs?: number;
}

/** The outcome, with the versions before and after; null if it is not installed. */
export interface CompanionChange {
  readonly result: "installed" | "updated" | "unchanged" | "uninstalled";
  readonly before: string | null;
  readonly after: string | null;
}

const INSTALL_MS = 120_000;
/** Time limit in milliseconds; listing extensions only reads a folder. */
const LIST_MS = 10_000;

/**
 * Returns the version of the companion that an editor has installed; a different one may run in the
 * window.
 *
 * @returns null if it is not installed.
 * @throws {SessionctlError} as `sendToEditor`; `TIMED_OUT` if the window's page is gone.
 */
export async function companionVersion(
  socketPath: string,
  { allowOwners }: CompanionOptions = {},
): Promise<string | null> {
  // Without a page, the list is never answered.
  if (!await hasPage(socketPath, { allowOwners })) {
    throw new SessionctlError(
      "TIMED_OUT",
      `the page of the window at ${printablePath(socketPath)} does not answer`,
      { hint: "open the page again, or close the window" },
    );
  }
  const extensions = await installedExtensions(socketPath, { allowOwners, timeoutMs: LIST_MS });
  return extensions.find(({ id }) => id.toLowerCase() === COMPANION_ID)?.version ?? null;
}

/**
 * Installs the companion through a window's command-line socket, for all windows of its editor.
 *
 * @param file The extension's package, readable by the editor.
 * @param version The package's version.
 * @throws {SessionctlError} as {@link companionVersion}; `EDITOR_REFUSED` with the editor's text.
 */
export async function installCompanion(
  socketPath: string,
  file: string,
  version: string,
  options: CompanionOptions = {},
): Promise<CompanionChange> {
  const before = await companionVersion(socketPath, options);
  // A newer version was installed by a newer program, which may still be in use.
  if (before !== null && !isOlder(before, version)) {
    return { result: "unchanged", before, after: before };
  }
  const said = await manage(socketPath, { install: [fileUri(file)] }, options);
  const after = await companionVersion(socketPath, options);
  if (after !== version) throw refused(socketPath, said);
  return { result: before === null ? "installed" : "updated", before, after };
}

/** Uninstalls the companion through a window's command-line socket; throws as {@link installCompanion}. */
export async function uninstallCompanion(
  socketPath: string,
  options: CompanionOptions = {},
): Promise<CompanionChange> {
  const before = await companionVersion(socketPath, options);
  if (before === null) return { result: "unchanged", before, after: null };
  const said = await manage(socketPath, { uninstall: [COMPANION_ID] }, options);
  const after = await companionVersion(socketPath, options);
  if (after !== null) throw refused(socketPath, said);
  return { result: "uninstalled", before, after };
}

/** Whether a version, `MAJOR.MINOR.PATCH`, is lower than another. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(/[.-]/).map(Number));
  const at = [0, 1, 2].find((part) => (a![part] || 0) !== (b![part] || 0));
  return at !== undefined && (a![at] || 0) < (b![at] || 0);
}

/** @returns the editor's text. */
async function manage(
  socketPath: string,
  what: { readonly install?: readonly string[]; readonly uninstall?: readonly string[] },
  { allowOwners, timeoutMs = INSTALL_MS }: CompanionOptions,
): Promise<string> {
  const message = { type: "extensionManagement", ...what, force: true } as const;
  const answer = await sendToEditor(socketPath, message, { allowOwners, timeoutMs });
  const said = plainText(typeof answer === "string" ? answer : "");
  if (extensionFailure(said) !== undefined) throw refused(socketPath, extensionFailure(said)!);
  return said;
}

/** Maximum length of the editor's text in an error, in characters. */
const MAX_SAID = 300;

function refused(socketPath: string, said: string): SessionctlError {
  const reason = said.trim().slice(0, MAX_SAID) || "it gave no reason";
  return new SessionctlError(
    "EDITOR_REFUSED",
    `the editor at ${printablePath(socketPath)} could not carry this out: ${reason}`,
  );
}
