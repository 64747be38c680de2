import { uriPartsOfWindowsPath, usesPipes, windowsPathOfUri } from "../platform/mod.ts";

/**
 * Characters that the URL parser would interpret, drop, or, unlike Node, leave unchanged.
 * Source: nodejs/node `src/node_url.cc` (`PathToFileURL`).
 */
const ESCAPES: Readonly<Record<string, string>> = {
  "%": "%25",
  "\\": "%5C",
  "\n": "%0A",
  "\r": "%0D",
  "\t": "%09",
  "?": "%3F",
  "#": "%23",
  "[": "%5B",
  "]": "%5D",
  "^": "%5E",
  "|": "%7C",
  "~": "%7E",
};

/**
 * The `file://` URL of an absolute path, as Node's `url.pathToFileURL` and therefore VS Code's own
 * command line write it.
 *
 * @example
 * ```ts
 * fileUri("/home/ann/50% off?.txt"); // "file:///home/ann/50%25%20off%3F.txt"
 * ```
 */
export function fileUri(path: string): string {
  if (usesPipes()) return windowsFileUri(path);
  const url = new URL("file:///");
  url.pathname = path.replace(/[%\\\n\r\t?#[\]^|~]/g, (character) => ESCAPES[character]!);
  return url.href;
}

/**
 * The `file://` URL of an absolute Windows path.
 *
 * @example
 * ```ts
 * windowsFileUri(String.raw`C:\api\main.ts`); // "file:///C:/api/main.ts"
 * ```
 */
export function windowsFileUri(path: string): string {
  const parts = uriPartsOfWindowsPath(path);
  const url = new URL(`file://${parts.host}/`);
  url.pathname = parts.path.replace(/[%\n\r\t?#[\]^|~]/g, (character) => ESCAPES[character]!);
  return url.href;
}

/**
 * The path that a `file://` or `vscode-remote://` URI names; undefined for any other URI.
 */
export function pathOfUri(uri: string): string | undefined {
  const match = /^(file|vscode-remote):\/\/([^/]*)(\/[^?#]*)/.exec(uri);
  if (!match) return undefined;
  const [, scheme, host, encoded] = match;
  try {
    const path = decodeURIComponent(encoded!);
    return usesPipes() && scheme === "file" ? windowsPathOfUri(path, host) : path;
  } catch {
    return undefined;
  }
}

/** The URI of the same file in the window of a remote. */
export function remoteUri(uri: string, authority: string): string {
  return uri.startsWith("file://") ? `vscode-remote://${authority}${uri.slice(7)}` : uri;
}
