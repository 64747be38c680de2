import { reasonOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import type { KeyObject } from "node:crypto";
import type { Credentials } from "../types.ts";

/** The curves of TLS by their OpenSSL names. Source: RFC 8422, section 5.1.1. */
const CURVES = ["prime256v1", "secp384r1", "secp521r1"];

/** Reads a file named on the command line. */
export function readNamedFile(path: string, what: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : reasonOf(error);
    const options: { hint?: string; cause: unknown } = { cause: error };
    if (error instanceof Deno.errors.PermissionDenied) {
      const uid = Deno.uid();
      options.hint = `allow the relay's user${uid === null ? "" : ` (uid ${uid})`} to read it, ` +
        "and to enter the folders above it";
    }
    const message = `cannot read ${what} ${printablePath(path)}: ${reason}`;
    throw new SessionctlError("IO_ERROR", message, options);
  }
}

function broken(path: string, reason: string, hint?: string): SessionctlError {
  return new SessionctlError("INVALID_CREDENTIALS", `${printablePath(path)}: ${reason}`, { hint });
}

/**
 * The blocks of a PEM text with such a label. Text around them is ignored: one file may contain
 * certificates and key, and tools add descriptions.
 * Source: RFC 7468, section 2.
 */
export function pemBlocks(text: string, label: RegExp): string[] {
  const block = /-----BEGIN ([A-Z0-9 ]+)-----[^]*?-----END \1-----/g;
  return [...text.matchAll(block)].filter((found) => label.test(found[1]!))
    .map(([all]) => `${all}\n`);
}

/**
 * Reads CA certificates.
 *
 * @throws {SessionctlError} `IO_ERROR`, `INVALID_CREDENTIALS`, each naming the file.
 */
export async function readAuthorities(path: string, what: string): Promise<string> {
  const blocks = pemBlocks(readNamedFile(path, what), /^CERTIFICATE$/);
  const { X509Certificate } = await import("node:crypto");
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    throw broken(path, "a broken PEM certificate");
  }
  if (blocks.length === 0) throw broken(path, "not a PEM certificate");
  return blocks.join("");
}

/** The unencrypted private key in a PEM text. */
function keyBlock(path: string, text: string): string {
  const block = pemBlocks(text, /^([A-Z]+ )?PRIVATE KEY$/)[0] ?? "";
  if (/^-----BEGIN ENCRYPTED |^Proc-Type: *4,ENCRYPTED/m.test(block)) {
    throw broken(path, "the key is encrypted; remove the passphrase with openssl pkey");
  }
  return block;
}

/** The reason why the runtime's TLS cannot use a key; undefined if it can. Source: rustls, `crypto::aws_lc_rs::sign`. */
function unusable({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  const { namedCurve, modulusLength } = asymmetricKeyDetails ?? {};
  switch (asymmetricKeyType) {
    case "ed25519":
      return undefined;
    case "rsa":
      return modulusLength !== undefined && modulusLength < 2048
        ? `an RSA key of ${modulusLength} bits is too short for TLS; it needs at least 2048`
        : undefined;
    case "ec":
      return namedCurve === undefined || CURVES.includes(namedCurve)
        ? undefined
        : `TLS does not support keys on the curve ${namedCurve}; use P-256, P-384 or P-521`;
    default:
      return `the relay does not support keys of the type ${asymmetricKeyType}; use ECDSA, RSA or Ed25519`;
  }
}

/**
 * Reads a certificate chain and its key and checks what a listener would only notice with its first
 * client: that they can be parsed, belong together, and are valid now.
 *
 * @param now Milliseconds since the epoch.
 * @throws {SessionctlError} `IO_ERROR`, `INVALID_CREDENTIALS`, each naming the file.
 */
export async function readCredentials(
  certPath: string,
  keyPath: string,
  now = Date.now(),
): Promise<Credentials> {
  const cert = pemBlocks(readNamedFile(certPath, "the certificate"), /^CERTIFICATE$/).join("");
  const key = keyBlock(keyPath, readNamedFile(keyPath, "the private key"));
  const { createPrivateKey, createPublicKey, X509Certificate } = await import("node:crypto");
  let leaf;
  try {
    leaf = new X509Certificate(cert);
  } catch {
    throw broken(certPath, "not a PEM certificate");
  }
  let privateKey;
  let publicKey;
  try {
    privateKey = createPrivateKey(key);
    publicKey = createPublicKey(privateKey);
  } catch {
    throw broken(keyPath, "not an unencrypted PEM private key");
  }
  const reason = unusable(privateKey);
  if (reason !== undefined) throw broken(keyPath, reason);
  const spki = (one: typeof publicKey) =>
    one.export({ type: "spki", format: "der" }).toString("hex");
  let certified;
  try {
    certified = spki(leaf.publicKey);
  } catch {
    throw broken(certPath, "the relay does not support certificates with a key of this type");
  }
  if (certified !== spki(publicKey)) {
    throw broken(
      keyPath,
      `this key does not belong to the certificate in ${printablePath(certPath)}`,
    );
  }
  if (now > Date.parse(leaf.validTo)) throw broken(certPath, `expired on ${leaf.validTo}`);
  if (now < Date.parse(leaf.validFrom)) {
    throw broken(certPath, `not valid before ${leaf.validFrom}`);
  }
  return { cert, key };
}

/** The facts about a certificate that the status shows. */
export interface CertificateInfo {
  readonly subject: string;
  /** The SHA-256 fingerprint in the form of browsers. */
  readonly fingerprint: string;
  /** In milliseconds since the epoch. */
  readonly notAfter: number;
}

/** Describes the first certificate of a PEM text. */
export async function describeCertificate(cert: string): Promise<CertificateInfo> {
  const { X509Certificate } = await import("node:crypto");
  const { subject, fingerprint256, validTo } = new X509Certificate(cert);
  return {
    subject: subject.replaceAll("\n", ", "),
    fingerprint: fingerprint256,
    notAfter: Date.parse(validTo),
  };
}
