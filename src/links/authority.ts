import { fileUri } from "../editor/mod.ts";

/**
 * Maximum length; longer than a host name, a user and a port together, even in hexadecimal digits.
 */
const MAX_AUTHORITY_LENGTH = 1024;

/** Stands for this machine, whose files need no authority in their URIs. */
export const THIS_MACHINE = "";

/** Whether `value` can be the authority of a remote machine, such as `ssh-remote+hostb`. */
export function isAuthority(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_AUTHORITY_LENGTH &&
    /^[a-z][a-z0-9-]*\+[A-Za-z0-9._@:%~+-]+$/.test(value);
}

/** A machine as a user names it to ssh. */
export interface SshName {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/**
 * Parses `[USER@]HOST` or `ssh://[USER@]HOST[:PORT]`.
 *
 * @returns undefined for anything else.
 */
export function readSshName(destination: string): SshName | undefined {
  const isUri = /^ssh:\/\//i.test(destination);
  const text = isUri ? destination.replace(/^ssh:\/\//i, "").replace(/\/$/, "") : destination;
  const at = text.lastIndexOf("@");
  const user = at < 0 ? undefined : text.slice(0, at);
  const [, host, port] = /^([^:]*)(?::([0-9]{1,5}))?$/.exec(text.slice(at + 1)) ?? [];
  if (!host || !/^[A-Za-z0-9._-]+$/.test(host) || host.startsWith("-")) return undefined;
  if (user === "" || (user !== undefined && !/^[A-Za-z0-9._\\-]+$/.test(user))) return undefined;
  if (port !== undefined && !isUri) return undefined;
  return {
    host,
    ...user === undefined ? {} : { user },
    ...port === undefined ? {} : { port: Number(port) },
  };
}

/**
 * Returns Remote-SSH's authority for a machine. VS Code compares authorities in lower case, so
 * Remote-SSH encodes a name with capitals as JSON in hexadecimal digits, and likewise a name with a
 * port.
 *
 * Source: microsoft/vscode-remote-release issue 10684.
 *
 * @example
 * ```ts
 * authorityOf({ host: "hostb" }); // "ssh-remote+hostb"
 * ```
 */
export function authorityOf({ host, user, port }: SshName): string {
  const name = user === undefined ? host : `${user}@${host}`;
  if (port === undefined && /^[a-z0-9._@-]+$/.test(name)) return `ssh-remote+${name}`;
  const json = JSON.stringify({ hostName: host, user, port });
  const digits = Array.from(
    new TextEncoder().encode(json),
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  return `ssh-remote+${digits.join("")}`;
}

/** Whether two authorities name the same machine, in any spelling. */
export function isSameMachine(a: string, b: string): boolean {
  return a === b || canonical(a) === canonical(b);
}

/**
 * Returns the host that an authority of Remote-SSH names, in lower case, without user and port;
 * undefined for another kind of authority.
 *
 * @example
 * ```ts
 * hostOfAuthority("ssh-remote+ann@hostb"); // "hostb"
 * ```
 */
export function hostOfAuthority(authority: string): string | undefined {
  return /^ssh-remote\+(?:[^@]*@)?([^@:]+)(?::[0-9]+)?$/.exec(canonical(authority))?.[1];
}

/**
 * An authority in a canonical spelling, for comparisons: in lower case, hexadecimal digits decoded.
 */
function canonical(authority: string): string {
  const plain = decoded(authority).toLowerCase();
  const digits = /^ssh-remote\+((?:[0-9a-f]{2})+)$/.exec(plain)?.[1];
  if (digits === undefined || !digits.startsWith("7b")) return plain;
  try {
    const bytes = Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16));
    const { hostName, user, port } = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof hostName !== "string") return plain;
    const name = typeof user === "string" ? `${user}@${hostName}` : hostName;
    const end = typeof port === "number" && port !== 22 ? `:${port}` : "";
    return `ssh-remote+${name}${end}`.toLowerCase();
  } catch {
    return plain; // It only looks like hexadecimal digits.
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A folder or file of a remote machine. */
export interface RemotePlace {
  readonly authority: string;
  readonly path: string;
}

/** The place that a `vscode-remote://` URI names; undefined for any other URI. */
export function remotePlaceOf(uri: string): RemotePlace | undefined {
  const match = /^vscode-remote:\/\/([^/?#]+)(\/[^?#]*)?$/i.exec(uri);
  if (!match) return undefined;
  const path = decoded(match[2] ?? "/").replace(/(.)\/+$/s, "$1");
  return { authority: decoded(match[1]!), path };
}

/** The URI of a file, with the authority of its machine, which may be {@link THIS_MACHINE}. */
export function uriOn(authority: string, path: string): string {
  return authority === THIS_MACHINE ? fileUri(path) : remoteFileUri(authority, path);
}

/**
 * Returns the URI of a file on a remote machine. Whatever the path contains, the result is a path
 * of that machine, never one of this machine or of another scheme.
 *
 * @param path Absolute, as checked by `readDelivery`.
 */
export function remoteFileUri(authority: string, path: string): string {
  return `vscode-remote://${authority}${fileUri(path).slice("file://".length)}`;
}
