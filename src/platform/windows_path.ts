/**
 * Paths of Windows, as text. The runtime's own functions for them give the same results on every
 * system, so they are tested on every system.
 */

/** An absolute path on Windows: on a drive, or on a share (`\\server\share`). */
export function isWindowsPath(path: string): boolean {
  return /^(?:[a-z]:[\\/]|\\\\[^\\])/i.test(path);
}

/**
 * A path without the prefix that disables its interpretation: `\\?\C:\a` is `C:\a`, and
 * `\\?\UNC\server\share` is `\\server\share`. Source: Win32 "Naming Files, Paths, and Namespaces".
 */
export function withoutLiteralPrefix(path: string): string {
  return path.replace(/^\\\\\?\\UNC\\/i, "\\\\").replace(/^\\\\\?\\(?=[a-z]:)/i, "");
}

/** Without trailing backslashes, unless the path is a root: `c:\`, `\\server\share\`. */
export function withoutTrailingBackslashes(path: string): string {
  const trimmed = path.replace(/[\\/]+$/, "");
  return /^(?:[a-z]:|\\\\[^\\]+\\[^\\]+)?$/i.test(trimmed) ? `${trimmed}\\` : trimmed;
}

/**
 * A key that two names of the same path share: `C:/Api/` and `c:\api` have the same key. Folders
 * that distinguish upper and lower case are not considered.
 */
export function windowsPathKey(path: string): string {
  const plain = withoutLiteralPrefix(path.replaceAll("/", "\\"));
  return withoutTrailingBackslashes(plain).toLowerCase();
}

/**
 * The path that a URI with the scheme `file` names.
 *
 * Source: RFC 8089, appendices E.2 and E.3; microsoft/vscode `uriToFsPath`.
 *
 * @param path The URI's path, decoded: `/c:/Users/ann`.
 * @param host The URI's authority; for a share, its server.
 */
export function windowsPathOfUri(path: string, host = ""): string {
  const local = host === "" || host.toLowerCase() === "localhost";
  const drive = /^\/[a-z][:|]/i.test(path);
  const text = drive ? `${path[1]}:${path.slice(3) || "/"}` : path;
  return (local || drive ? text : `//${host}${text}`).replaceAll("/", "\\");
}

/** The reverse of {@link windowsPathOfUri}: the authority and the path, not encoded. */
export function uriPartsOfWindowsPath(path: string): { host: string; path: string } {
  const plain = withoutLiteralPrefix(path).replaceAll("\\", "/");
  const share = /^\/\/([^/]+)(\/.*)?$/s.exec(plain);
  if (share) return { host: share[1]!, path: share[2] ?? "/" };
  return { host: "", path: plain.startsWith("/") ? plain : `/${plain}` };
}
