import { createHash, X509Certificate } from "node:crypto";
import type tls from "node:tls";
import { SessionctlError } from "../../errors.ts";
import { pemBlocks } from "./certificate.ts";
import type { CertificateNames, certificateNames } from "./certificate_names.ts";
import { alternativeNameMatches } from "./name_patterns.ts";

/** Whose certificates may come in. */
export interface CertificateRules {
  /** The CA that they have to be of, PEM. */
  readonly clientCa: string;
  /** Of those, the common names that may; all if both lists are empty. */
  readonly allowCn: readonly string[];
  /** Or the alternative names; see `parseAlternativeName`. */
  readonly allowSan: readonly string[];
  readonly namesIn: typeof certificateNames;
}

/** More are forgotten, the oldest first: their clients have to make a full handshake. */
const MOST_REMEMBERED = 10_000;

/**
 * The certificates that were accepted in a full handshake. node:tls does not check the
 * certificate of a session that is resumed, and calls its client authorized whoever it is.
 */
export class AcceptedCertificates {
  readonly #fingerprints = new Set<string>();

  /** @param raw The certificate, DER. */
  add(raw: Uint8Array): void {
    this.#fingerprints.add(fingerprint(raw));
    if (this.#fingerprints.size <= MOST_REMEMBERED) return;
    this.#fingerprints.delete(this.#fingerprints.values().next().value!);
  }

  has(raw: Uint8Array): boolean {
    return this.#fingerprints.has(fingerprint(raw));
  }

  /** Lets nobody resume a session that began before: another CA decides from now on. */
  clear(): void {
    this.#fingerprints.clear();
  }
}

const fingerprint = (raw: Uint8Array) => createHash("sha256").update(raw).digest("base64");

/**
 * Checks the certificate that a client showed in its handshake, or in the one that began the
 * session which it resumes.
 *
 * @param accepted Those that may resume a session; an accepted one is added.
 * @returns its name.
 * @throws {SessionctlError} `NOT_ALLOWED`, saying why it may not come in.
 */
export function checkClient(
  socket: tls.TLSSocket,
  rules: CertificateRules,
  accepted: AcceptedCertificates,
): string {
  const shown = socket.getPeerCertificate();
  if (!shown?.raw) throw notAllowed("the client sent no certificate");
  let names;
  try {
    names = rules.namesIn(new Uint8Array(shown.raw));
  } catch {
    throw notAllowed("the client's certificate cannot be read");
  }
  const name = names.commonNames[0] ?? names.alternativeNames[0] ?? "";
  // `authorized` alone says nothing: it is also true when no certificate was asked for.
  if (!socket.authorized) {
    const reason = whyUnauthorized(new X509Certificate(shown.raw), names, rules.clientCa);
    throw notAllowed(`the client's certificate ${JSON.stringify(name)} ${reason}`);
  }
  if (socket.isSessionReused()) {
    const isValid = Date.now() <= Date.parse(new X509Certificate(shown.raw).validTo);
    if (!isValid || !accepted.has(shown.raw)) {
      throw notAllowed(
        `the client ${JSON.stringify(name)} resumed a session that is not valid`,
      );
    }
  } else accepted.add(shown.raw);
  if (isListed(names, rules)) return name;
  const all = names.commonNames.map((one) => JSON.stringify(one)).join(", ");
  throw notAllowed(`the client ${all} is not allowed`);
}

function notAllowed(message: string): SessionctlError {
  return new SessionctlError("NOT_ALLOWED", message);
}

function isListed(
  { commonNames, alternativeNames }: CertificateNames,
  { allowCn, allowSan }: CertificateRules,
): boolean {
  if (allowCn.length + allowSan.length === 0) return true;
  const [name] = commonNames;
  // Of several, one reader takes the first, another the last.
  if (commonNames.length === 1 && name !== undefined && allowCn.includes(name)) return true;
  return alternativeNames.some((one) =>
    allowSan.some((pattern) => alternativeNameMatches(pattern, one))
  );
}

/** The runtime has refused a certificate and does not tell why: the likeliest reason. */
function whyUnauthorized(
  certificate: X509Certificate,
  { forClients }: CertificateNames,
  clientCa: string,
): string {
  const now = Date.now();
  const { validFrom, validTo, issuer } = certificate;
  if (now > Date.parse(validTo)) return `expired on ${validTo}`;
  if (now < Date.parse(validFrom)) return `is not valid before ${validFrom}`;
  if (!forClients) return "is not meant for clients (its extended key usage lacks clientAuth)";
  const isOfCa = pemBlocks(clientCa, /^CERTIFICATE$/).some((block) => {
    try {
      return certificate.verify(new X509Certificate(block).publicKey);
    } catch {
      return false;
    }
  });
  return isOfCa
    ? "was issued by the client CA, but TLS does not accept it (X.509 version 3 is required)"
    : `was not issued by the CA of --client-ca, but by: ${issuer.replaceAll("\n", ", ")}`;
}
