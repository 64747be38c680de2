import { errnoOf, messageOf, printablePath, SessionctlError } from "../platform/mod.ts";
import type { Credentials } from "./types.ts";

/** Reads a file that the command line names. */
export function readNamedFile(path: string, what: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : errnoOf(error) ?? messageOf(error);
    throw new SessionctlError("IO_ERROR", `cannot read ${what} ${printablePath(path)}: ${reason}`, {
      cause: error,
    });
  }
}

function broken(path: string, reason: string, hint?: string): SessionctlError {
  return new SessionctlError("INVALID_CREDENTIALS", `${printablePath(path)}: ${reason}`, { hint });
}

/**
 * Reads a certificate chain and its key and checks what a listener would only notice
 * when a client comes: that they can be parsed, belong together, and are valid today.
 *
 * @param now Milliseconds since the epoch.
 * @throws {SessionctlError} `IO_ERROR`, `INVALID_CREDENTIALS`, each naming the file.
 */
export async function readCredentials(
  certPath: string,
  keyPath: string,
  now = Date.now(),
): Promise<Credentials> {
  const cert = readNamedFile(certPath, "the certificate");
  const key = readNamedFile(keyPath, "the private key");
  const { createPrivateKey, createPublicKey, X509Certificate } = await import("node:crypto");
  let leaf;
  try {
    leaf = new X509Certificate(cert);
  } catch {
    throw broken(certPath, "not a PEM certificate");
  }
  let publicKey;
  try {
    publicKey = createPublicKey(createPrivateKey(key));
  } catch {
    throw broken(keyPath, "not an unencrypted PEM private key");
  }
  const spki = (one: typeof publicKey) =>
    one.export({ type: "spki", format: "der" }).toString("hex");
  if (spki(leaf.publicKey) !== spki(publicKey)) {
    throw broken(keyPath, `not the key of the certificate in ${printablePath(certPath)}`);
  }
  if (now > Date.parse(leaf.validTo)) throw broken(certPath, `expired on ${leaf.validTo}`);
  if (now < Date.parse(leaf.validFrom)) {
    throw broken(certPath, `not valid before ${leaf.validFrom}`);
  }
  return { cert, key };
}

/** The SHA-256 fingerprint of a PEM certificate, as browsers show it. */
export async function fingerprintOf(cert: string): Promise<string> {
  const { X509Certificate } = await import("node:crypto");
  return new X509Certificate(cert).fingerprint256;
}
