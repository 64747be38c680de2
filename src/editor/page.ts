import { requestUnix } from "../http/mod.ts";
import { hasCode } from "../errors.ts";
import type { ProbeOptions } from "./probe.ts";

/** On a busy machine with a slow connection, a page takes several hundred milliseconds. */
const PAGE_TIMEOUT_MS = 1500;

/** Installs and uninstalls no extensions, which the page handles without an effect. */
const EMPTY_MESSAGE = { type: "extensionManagement", install: [], uninstall: [] };

/**
 * Whether the page of a live window answers. If the browser was killed, the extension host
 * continues for up to three hours and accepts files, which the user cannot see until the page is
 * back.
 *
 * @param options `timeoutMs`: time limit of the page, in milliseconds; 1500 by default.
 * @returns false only if there is no answer in time.
 */
export async function hasPage(socketPath: string, options: ProbeOptions = {}): Promise<boolean> {
  try {
    await requestUnix(socketPath, {
      method: "POST",
      target: "/",
      json: EMPTY_MESSAGE,
      timeoutMs: options.timeoutMs ?? PAGE_TIMEOUT_MS,
      allowOwners: options.allowOwners,
    });
    return true;
  } catch (error) {
    return !hasCode(error, "TIMED_OUT");
  }
}
