import { createHash, timingSafeEqual } from "node:crypto";
import { parseRequestHead, type RequestHead } from "../../http/mod.ts";
import { SessionctlError } from "../../errors.ts";

/**
 * The prefix of the cookie that a browser gets for the token. `__Host-` binds it to this host, but
 * not to the port. The rest of the name distinguishes the tokens of several relays on one host,
 * which would otherwise overwrite each other's cookie.
 */
const COOKIE_PREFIX = "__Host-sessionctl-";

export interface HttpRules {
  /** The token that requests need; undefined if all requests are permitted. */
  readonly token?: string;
  /** Further origins that may open WebSockets, besides the requested host's. */
  readonly allowOrigins: readonly string[];
}

/** A response of the relay itself; the connection ends after it. */
export interface Refusal {
  readonly status: 303 | 400 | 401 | 403 | 431;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The result of a check: the head for the editor, or a response of the relay. */
export type Verdict =
  | { readonly head: RequestHead; readonly bytes: Uint8Array; readonly upgrade: boolean }
  | { readonly refusal: Refusal };

const latin1 = new TextDecoder("latin1");

/** Checks requests against the rules. */
export class HttpJudge {
  readonly #rules: HttpRules;
  #tokenDigest: Uint8Array | undefined;
  #cookieDigest: Uint8Array | undefined;
  #cookieName = "";
  #cookie = "";

  constructor(rules: HttpRules) {
    this.#rules = rules;
    if (rules.token !== undefined) this.useToken(rules.token);
  }

  /** Replaces the token; the previous one is no longer accepted. */
  useToken(token: string): void {
    // The cookie is derived from the token, so that browser profiles do not contain the token.
    const derived = (what: string) =>
      createHash("sha256").update(`sessionctl relay ${what}\0${token}`).digest("hex");
    this.#cookie = derived("cookie");
    this.#cookieName = COOKIE_PREFIX + derived("cookie name").slice(0, 8);
    this.#tokenDigest = digest(token);
    this.#cookieDigest = digest(`${this.#cookieName}=${this.#cookie}`);
  }

  /** @param bytes A complete request head, including its empty line. */
  judge(bytes: Uint8Array): Verdict {
    let head: RequestHead;
    const lines = latin1.decode(bytes).split("\r\n").slice(0, -2);
    try {
      head = parseRequestHead(bytes);
      checkUnambiguous(head, lines);
    } catch (error) {
      if (!(error instanceof SessionctlError)) throw error;
      return { refusal: { status: 400, reason: error.message } };
    }
    const entry = this.#entry(head);
    if (entry) return { refusal: entry };
    const { kept, problem } = this.#authorized(lines);
    if (problem !== undefined) {
      return {
        refusal: {
          status: 401,
          reason: problem,
          headers: { "WWW-Authenticate": 'Bearer realm="sessionctl"' },
        },
      };
    }
    const upgrade = head.headers.has("upgrade") ||
      /(^|[ ,])upgrade($|[ ,])/i.test(head.headers.get("connection") ?? "");
    if (upgrade && !this.#originAllowed(head)) {
      return { refusal: { status: 403, reason: "WebSockets from this origin are not allowed" } };
    }
    return { head, upgrade, bytes: encodeLatin1(`${kept.join("\r\n")}\r\n\r\n`) };
  }

  /** The response to a browser with the token in its URL: the cookie, and a redirect without the token. */
  #entry({ method, target }: RequestHead): Refusal | undefined {
    if (this.#tokenDigest === undefined || method !== "GET" || !target.startsWith("/?")) {
      return undefined;
    }
    const query = new URLSearchParams(target.slice(2));
    const given = query.getAll("token");
    if (given.length === 0) return undefined;
    // A token has no spaces: a space here was a plus sign, which base64 contains.
    if (given.length > 1 || !equal(given[0]!.replaceAll(" ", "+"), this.#tokenDigest)) {
      return { status: 401, reason: "this token is not valid" };
    }
    query.delete("token");
    const rest = query.toString();
    return {
      status: 303,
      reason: "come in",
      headers: {
        "Location": rest === "" ? "/" : `/?${rest}`,
        "Set-Cookie":
          `${this.#cookieName}=${this.#cookie}; Path=/; Secure; HttpOnly; SameSite=Strict`,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
      },
    };
  }

  /** The head's lines without the token and cookie; a refusal if neither is right. */
  #authorized(lines: readonly string[]): { kept: readonly string[]; problem?: string } {
    if (this.#tokenDigest === undefined) return { kept: lines };
    let authorized = false;
    let problem = "a token is needed";
    const kept: string[] = [];
    for (const line of lines) {
      const bearer = bearerOf(line);
      if (bearer !== undefined) problem = "this token is not valid";
      if (bearer !== undefined && equal(bearer, this.#tokenDigest)) {
        authorized = true;
        continue;
      }
      const cookies = /^cookie:(.*)$/is.exec(line);
      if (!cookies) {
        kept.push(line);
        continue;
      }
      const others: string[] = [];
      for (const cookie of cookies[1]!.split(";").map((pair) => pair.trim())) {
        // The editor does not get another relay's cookie either.
        if (!cookie.startsWith(COOKIE_PREFIX)) others.push(cookie);
        else if (equal(cookie, this.#cookieDigest!)) authorized = true;
        // Its name refers to its token: an earlier one, or another relay's.
        else problem = "this cookie is of another token";
      }
      if (others.some((cookie) => cookie !== "")) kept.push(`Cookie: ${others.join("; ")}`);
    }
    return authorized ? { kept } : { kept, problem };
  }

  /** Requests without Origin are not from browsers; a browser's must match the requested host or a listed origin. */
  #originAllowed({ headers }: RequestHead): boolean {
    const origin = headers.get("origin");
    if (origin === undefined) return true;
    if (this.#rules.allowOrigins.includes(origin)) return true;
    return withoutDefaultPort(origin) ===
      withoutDefaultPort(`https://${headers.get("host") ?? ""}`);
  }
}

/** An https origin in lower case, without the default port. */
function withoutDefaultPort(origin: string): string {
  return origin.toLowerCase().replace(/:443$/, "");
}

/** The token of an `Authorization` line, if it has one. The time grows only with the line's length. */
function bearerOf(line: string): string | undefined {
  const [, given] = /^authorization:[ \t]*bearer[ \t]+(.*)$/is.exec(line) ?? [];
  return given?.replace(/(?<![ \t])[ \t]+$/, "");
}

/** Refuses heads that the editor might read differently. Source: RFC 9112, sections 2.2, 5, 6. */
function checkUnambiguous(head: RequestHead, lines: readonly string[]): void {
  const invalid = (reason: string) => {
    throw new SessionctlError("INVALID_MESSAGE", reason);
  };
  if (head.method === "CONNECT") invalid("CONNECT is not supported");
  const seen = new Set<string>();
  for (const line of lines) {
    // deno-lint-ignore no-control-regex
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) invalid("a control character in the head");
    const name = line.slice(0, Math.max(0, line.indexOf(":"))).toLowerCase();
    const single = ["authorization", "content-length", "host", "origin", "transfer-encoding"];
    if (single.includes(name) && seen.has(name)) invalid(`more than one ${name} field`);
    seen.add(name);
  }
  if (lines[0]!.endsWith("HTTP/1.0") && seen.has("transfer-encoding")) {
    invalid("Transfer-Encoding in HTTP/1.0");
  }
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();

/** Compares in constant time: both values are digests of equal length. */
function equal(given: string, expected: Uint8Array): boolean {
  return timingSafeEqual(digest(given), expected);
}

function encodeLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
