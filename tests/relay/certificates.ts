import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { Sandbox } from "../support/mod.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  readonly name?: string;
  readonly days?: number;
  readonly ca?: Authority;
  readonly sans?: x509.JsonGeneralName[];
  /** The purposes it is valid for; any purpose by default. */
  readonly usages?: x509.ExtendedKeyUsageType[];
}

/** A certificate authority for tests. */
export interface Authority extends Pair {
  readonly certificate: x509.X509Certificate;
  readonly keys: CryptoKeyPair;
}

const newKeys = () => crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);

async function pem(certificate: x509.X509Certificate, keys: CryptoKeyPair): Promise<Pair> {
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: `${certificate.toString("pem")}\n`,
    key: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`,
  };
}

export async function makeAuthority(name: string): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  return { ...await pem(certificate, keys), certificate, keys };
}

/** Makes a certificate, by default for localhost; `days` below 0 makes an expired one. */
export async function makeCertificate(options: CertificateOptions = {}): Promise<Pair> {
  const keys = await newKeys();
  const { name = "localhost", days = 1, ca } = options;
  const sans = options.sans ??
    [{ type: "dns", value: "localhost" }, { type: "ip", value: "127.0.0.1" }];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: crypto.randomUUID().replaceAll("-", "").replace(/^./, "4"),
    subject: `CN=${name}`,
    issuer: ca?.certificate.subject ?? `CN=${name}`,
    notBefore: new Date(Date.now() - 30 * DAY_MS),
    notAfter: new Date(Date.now() + days * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: ca?.keys.privateKey ?? keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension(sans),
      ...(options.usages ? [new x509.ExtendedKeyUsageExtension(options.usages)] : []),
    ],
  });
  return await pem(certificate, keys);
}

/** Writes a pair to `NAME.pem` and `NAME.key` in the sandbox. */
export async function writePair(
  sandbox: Sandbox,
  pair: Pair,
  name = "server",
): Promise<{ cert: string; key: string }> {
  const paths = { cert: sandbox.path(`${name}.pem`), key: sandbox.path(`${name}.key`) };
  await Deno.writeTextFile(paths.cert, pair.cert);
  await Deno.writeTextFile(paths.key, pair.key, { mode: 0o600 });
  return paths;
}
