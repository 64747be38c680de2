import { SessionctlError } from "../../errors.ts";

/** A label in the form of certificates and TLS clients, in lower case. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const LONGEST_NAME = 253;

function unmatchable(option: string, text: string, reason: string, hint?: string) {
  return new SessionctlError("USAGE", `${option} ${JSON.stringify(text)}: ${reason}`, { hint });
}

/**
 * Parses a host name, or `*.` and a host name, which matches one further label.
 *
 * @param option The option that the name belongs to, such as "--route".
 * @returns the name in the form that TLS clients send: in lower case, international names in Punycode.
 * @throws {SessionctlError} `USAGE` for a name that no certificate and no client can have.
 */
export function parseHostPattern(text: string, option: string): string {
  const refuse = (reason: string, hint?: string) => unmatchable(option, text, reason, hint);
  if (/^[0-9.]+$/.test(text) || text.includes(":")) {
    throw refuse("a host name cannot have a port or be an IP address");
  }
  const wildcard = text.startsWith("*.");
  const host = asciiHost((wildcard ? text.slice(2) : text).replace(/\.$/, ""));
  const labels = host.split(".");
  if (host.includes("*")) {
    throw refuse("a * must be the whole first label", "write it like *.dev.example");
  }
  if (host.length > LONGEST_NAME || !labels.every((label) => LABEL.test(label))) {
    throw refuse("not a host name", "write it like dev.example or *.dev.example");
  }
  return wildcard ? `*.${host}` : host;
}

function asciiHost(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  return URL.canParse(`https://${text}/`) ? new URL(`https://${text}/`).hostname : text;
}

/** The same host pattern with its first label replaced by a `*`. */
export function wildcardOf(host: string): string {
  return host.replace(/^[a-z0-9_*-]+(?=\.)/, "*");
}

/** Whether a pattern of {@link parseHostPattern} matches a host name. */
export function hostMatches(pattern: string, host: string): boolean {
  const name = host.toLowerCase();
  return name === pattern || wildcardOf(name) === pattern;
}

/** The canonical form of an IP address; undefined for other text. */
function canonicalIp(text: string): string | undefined {
  if (/^[0-9.]+$/.test(text)) {
    const parts = text.split(".");
    const isByte = (part: string) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256;
    return parts.length === 4 && parts.every(isByte) ? text : undefined;
  }
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !URL.canParse(`http://[${text}]/`)) return undefined;
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

const FORMS =
  "write it like DNS:a.example, IP:10.1.2.3, URI:spiffe://a.example/b or email:a@b.example";

/**
 * Parses an alternative name of a certificate, as in `--allow-san`. `DNS:*.example` matches one label
 * before the name; in a URI, a path segment `*` matches one segment.
 *
 * @returns the name in the form that {@link alternativeNameMatches} compares.
 * @throws {SessionctlError} `USAGE` for a name that no certificate can have.
 */
export function parseAlternativeName(text: string): string {
  const refuse = (reason: string) => unmatchable("--allow-san", text, reason, FORMS);
  const [, kind, name] = /^(dns|ip|ip address|uri|email):(.+)$/is.exec(text) ?? [];
  if (kind === undefined || name === undefined) throw refuse("not TYPE:NAME");
  switch (kind.toLowerCase()) {
    case "dns":
      return `DNS:${parseHostPattern(name, "--allow-san DNS:")}`;
    case "uri":
      return `URI:${uriPattern(name, refuse)}`;
    case "email":
      if (!/^[^@\s*]+@[^@\s*]+$/.test(name)) throw refuse("not an email address");
      return `email:${lowerDomain(name)}`;
    default: {
      const address = canonicalIp(name);
      if (address === undefined) throw refuse("not an IP address");
      return `IP:${address}`;
    }
  }
}

function uriPattern(text: string, refuse: (reason: string) => SessionctlError): string {
  const [, start, path] =
    /^([a-z][a-z0-9+.-]*:(?:\/\/[^/?#*\s]*(?=\/|$)|(?!\/\/)))([^?#\s]*)$/i.exec(text) ?? [];
  if (start === undefined || path === undefined) {
    throw refuse("expected a URI without query and fragment, and with * only in its path");
  }
  if (path.split("/").some((segment) => segment.includes("*") && segment !== "*")) {
    throw refuse("a * must be a whole path segment");
  }
  return text;
}

const lowerDomain = (email: string) => email.replace(/@.*$/, (domain) => domain.toLowerCase());

/**
 * Whether a pattern of {@link parseAlternativeName} matches a name of a certificate.
 *
 * @param name A name from `certificateNames`.
 */
export function alternativeNameMatches(pattern: string, name: string): boolean {
  const at = name.indexOf(":");
  const [kind, value] = [name.slice(0, at), name.slice(at + 1)];
  if (!pattern.startsWith(`${kind}:`)) return false;
  const wanted = pattern.slice(at + 1);
  switch (kind) {
    case "DNS":
      return hostMatches(wanted, value);
    case "IP":
      return canonicalIp(value) === wanted;
    case "email":
      return lowerDomain(value) === wanted;
    default:
      return uriMatches(wanted, value);
  }
}

function uriMatches(pattern: string, uri: string): boolean {
  const [wanted, given] = [pattern.split("/"), uri.split("/")];
  return wanted.length === given.length &&
    wanted.every((segment, i) =>
      segment === given[i] || (segment === "*" && /^(?!\.{1,2}$)[^?#*\s]+$/.test(given[i]!))
    );
}
