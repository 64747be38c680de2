import "reflect-metadata";
import * as x509 from "@peculiar/x509";

/** The names in a certificate, unchanged, and its permitted use. */
export interface CertificateNames {
  readonly commonNames: readonly string[];
  /** Names in the form of `--allow-san`: `DNS:a.example`, `IP:192.0.2.1`, `URI:...`, `email:...`. */
  readonly alternativeNames: readonly string[];
  /** Whether its extended key usage, if present, permits client authentication. */
  readonly forClients: boolean;
}

/** Source: RFC 5280, section 4.2.1.12. */
const ANY_USAGE = "2.5.29.37.0";

const PREFIXES: Readonly<Partial<Record<x509.GeneralNameType, string>>> = {
  dns: "DNS:",
  ip: "IP:",
  url: "URI:",
  email: "email:",
};

/**
 * Reads the names in a certificate. The runtime's text of them is not used, because a name with a
 * comma looks like two names there.
 *
 * Source: RFC 5280, sections 4.1.2.6 and 4.2.1.6.
 *
 * @param der The certificate.
 * @throws an error that names the defect.
 */
export function certificateNames(der: Uint8Array<ArrayBuffer>): CertificateNames {
  const certificate = new x509.X509Certificate(der);
  const extension = certificate.getExtension(x509.SubjectAlternativeNameExtension);
  const alternativeNames = (extension?.names.items ?? []).flatMap(({ type, value }) => {
    const prefix = PREFIXES[type];
    return prefix === undefined ? [] : [`${prefix}${value}`];
  });
  const usages = certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages;
  return {
    commonNames: certificate.subjectName.getField("CN"),
    alternativeNames,
    forClients: usages === undefined || usages.includes(x509.ExtendedKeyUsage.clientAuth) ||
      usages.includes(ANY_USAGE),
  };
}
