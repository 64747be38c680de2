import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { Credentials } from "../types.ts";

/** Long enough for temporary use, and too short to depend on. */
const VALID_MS = 7 * 24 * 3_600_000;
/** Tolerance for clocks that differ. */
const BACKDATED_MS = 3_600_000;

/**
 * Makes a temporary certificate for localhost, valid for a week: its ECDSA P-256 key is never written
 * to a file.
 */
export async function selfSigned(): Promise<Credentials> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=localhost",
    notBefore: new Date(Date.now() - BACKDATED_MS),
    notAfter: new Date(Date.now() + VALID_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
        { type: "ip", value: "::1" },
      ]),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: `${certificate.toString("pem")}\n`,
    key: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`,
  };
}

/** A positive, unique serial number: browsers reject two certificates with the same number. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = bytes[0]! & 0x7f | 0x40;
  return bytes.toHex();
}
