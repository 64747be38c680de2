import { createHash, X509Certificate } from "node:crypto";
import type tls from "node:tls";
import { SessionctlError } from "../../errors.ts";
import { pemBlocks } from "./certificate.ts";
import type { CertificateNames, certificateNames } from "./certificate_names.ts";
import { alternativeNameMatches } from "./name_patterns.ts";

/** The rules for client certificates. */
export interface CertificateRules {
  /** The CA that must have issued them, PEM. */
  readonly clientCa: string;
  /** The accepted common names; if both lists are empty, every certificate of the CA is accepted. */
  readonly allowCn: readonly string[];
  /** The accepted alternative names; see `parseAlternativeName`. */
  readonly allowSan: readonly string[];
  readonly namesIn: typeof certificateNames;
}

/** Number of remembered certificates. The oldest is forgotten first; its client needs a full handshake. */
const MOST_REMEMBERED = 10_000;

/**
 * The certificates that were accepted in a full handshake. node:tls does not check the certificate
 * of a resumed session and reports its client as authorized in every case.
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

  /** Forgets all certificates after a change of the CA, so that no earlier session resumes. */
  clear(): void {
    this.#fingerprints.clear();
  }
}

const fingerprint = (raw: Uint8Array) => createHash("sha256").update(raw).digest("base64");

/**
 * Checks the certificate that a client presented in its handshake, or in the handshake that began
 * the resumed session.
 *
 * @param accepted The certificates whose sessions may resume; an accepted one is added.
 * @returns its name.
 * @throws {SessionctlError} `NOT_ALLOWED` with the reason.
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
  // `authorized` alone is not enough: it is also true if no certificate was requested.
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
  // With several common names, some readers take the first and others the last.
  if (commonNames.length === 1 && name !== undefined && allowCn.includes(name)) return true;
  return alternativeNames.some((one) =>
    allowSan.some((pattern) => alternativeNameMatches(pattern, one))
  );
}

/** The most likely reason why the runtime refused a certificate; it does not report one. */
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
