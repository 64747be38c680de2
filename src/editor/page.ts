import { requestUnix } from "../http/mod.ts";
import { hasCode } from "../errors.ts";
import type { ProbeOptions } from "./probe.ts";

/** A page on a busy machine and a slow line takes some hundred milliseconds. */
const PAGE_TIMEOUT_MS = 1500;

/** Installs and uninstalls each of no extensions: that is the page's to do, and has no effect. */
const EMPTY_MESSAGE = { type: "extensionManagement", install: [], uninstall: [] };

/**
 * Whether the page of a live window answers. Its extension host goes on for up to three hours
 * when the browser was killed: it takes files, which nobody sees until the page is back.
 *
 * @param options `timeoutMs`: how long the page may take, in milliseconds; 1500 unless told.
 * @returns false only when there is no answer in time.
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
