import { SessionctlError } from "../errors.ts";
import { usesPipes, windowsPathOfUri } from "../platform/mod.ts";

/** Whether an operand is written as a URI: `SCHEME://...` or `file:/...`. */
export function isUri(typed: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/|file:\/)/i.test(typed);
}

/**
 * Returns the path that a `file://` URI names, with any `:LINE:COLUMN` after it. A fragment that
 * names a line, such as `#L12`, is converted to this form.
 *
 * Source: RFC 8089, section 2 (the host is empty, `localhost` or this machine's name).
 *
 * @throws {SessionctlError} `USAGE` for another scheme, another machine's file, or a URI that
 * cannot be decoded.
 */
export function pathOfNamedUri(uri: string): string {
  const shown = JSON.stringify(uri);
  const match = /^file:(?:\/\/([^/]*))?(\/(?!\/)[^?#]*)(?:\?[^#]*)?(?:#(.*))?$/is.exec(uri);
  if (!match) throw notAFile(uri, shown);
  const [, host = "", path = "", fragment = ""] = match;
  if (!isThisMachine(host) && !usesPipes()) {
    throw new SessionctlError("USAGE", `${shown} names a file of another machine, ${host}`);
  }
  const decoded = decode(path);
  if (decoded !== undefined) return localPath(decoded, host) + positionOf(fragment);
  throw new SessionctlError("USAGE", `${shown} is not a valid URI`, {
    hint: "write a percent sign as %25, or give the path itself",
  });
}

/** On Windows, the host of a URI names the server of a share. */
function localPath(path: string, host: string): string {
  return usesPipes() ? windowsPathOfUri(path, isThisMachine(host) ? "" : host) : path;
}

function decode(path: string): string | undefined {
  try {
    const decoded = decodeURIComponent(path);
    return decoded.includes("\0") ? undefined : decoded;
  } catch {
    return undefined;
  }
}

function notAFile(uri: string, shown: string): SessionctlError {
  if (/^file:/i.test(uri)) {
    return new SessionctlError("USAGE", `${shown} does not name an absolute path`);
  }
  return new SessionctlError("USAGE", `${shown} is a URL, not a file`, {
    hint: /^vscode-remote:/i.test(uri)
      ? "use --file-uri or --folder-uri"
      : `sessionctl browse opens URLs: sessionctl browse ${shown}`,
  });
}

function isThisMachine(host: string): boolean {
  const name = host.toLowerCase();
  return name === "" || name === "localhost" || name === Deno.hostname().toLowerCase();
}

/** Converts `L12` or `12,3` to `:12` or `:12:3`; other fragments do not name a line. */
function positionOf(fragment: string): string {
  const match = /^L?([0-9]{1,9})(?:[,:]([0-9]{1,9}))?$/.exec(fragment);
  if (!match) return "";
  return match[2] === undefined ? `:${match[1]}` : `:${match[1]}:${match[2]}`;
}
