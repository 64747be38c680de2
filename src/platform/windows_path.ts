/**
 * Paths of Windows, as text: what the runtime's own functions say of them is the same on every
 * system, so it is tested on every system.
 */

/** An absolute path of Windows: of a drive, or of a share (`\\server\share`). */
export function isWindowsPath(path: string): boolean {
  return /^(?:[a-z]:[\\/]|\\\\[^\\])/i.test(path);
}

/**
 * A path without the prefix that turns its interpretation off: `\\?\C:\a` is `C:\a`, and
 * `\\?\UNC\server\share` is `\\server\share`. Source: Win32 "Naming Files, Paths, and Namespaces".
 */
export function withoutLiteralPrefix(path: string): string {
  return path.replace(/^\\\\\?\\UNC\\/i, "\\\\").replace(/^\\\\\?\\(?=[a-z]:)/i, "");
}

/** Without backslashes at its end, unless the path is a root: `c:\`, `\\server\share\`. */
export function withoutTrailingBackslashes(path: string): string {
  const trimmed = path.replace(/[\\/]+$/, "");
  return /^(?:[a-z]:|\\\\[^\\]+\\[^\\]+)?$/i.test(trimmed) ? `${trimmed}\\` : trimmed;
}

/**
 * What two names of one path have in common: `C:/Api/` and `c:\api` have the same key. Whether
 * a folder is one that tells upper from lower case, nobody asks.
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
 * @param host The URI's authority; of a share, its server.
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
