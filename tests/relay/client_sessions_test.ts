import { assertEquals, assertThrows } from "@std/assert";
import { X509Certificate } from "node:crypto";
import type tls from "node:tls";
import { SessionctlError } from "../../src/errors.ts";
import { certificateNames } from "../../src/relay/credentials/certificate_names.ts";
import {
  AcceptedCertificates,
  checkClient,
} from "../../src/relay/credentials/client_certificate.ts";
import { makeSandbox } from "../support/mod.ts";
import { clientProgram as program } from "./client_program.ts";
import { isAnswered } from "./openssl_client.ts";
import {
  encode,
  installed,
  makeAuthority,
  makeCertificate,
  type Pair,
  startEchoRelay,
  writePair,
} from "./support.ts";

/** A connection as node:tls reports it: each client that resumes a session counts as authorized. */
const client = ({ cert }: Pair, reused: boolean) => ({
  authorized: true,
  isSessionReused: () => reused,
  getPeerCertificate: () => ({ raw: new X509Certificate(cert).raw }),
} as unknown as tls.TLSSocket);

Deno.test("a session resumes only if its certificate was accepted in a full handshake", async () => {
  const ca = await makeAuthority("clients");
  const rules = { clientCa: ca.cert, allowCn: [], allowSan: [], namesIn: certificateNames };
  const ann = await makeCertificate({ name: "ann", ca });
  const eve = await makeCertificate({ name: "eve", ca: await makeAuthority("others") });
  const accepted = new AcceptedCertificates();
  const check = (pair: Pair, reused: boolean) => checkClient(client(pair, reused), rules, accepted);
  assertThrows(() => check(ann, true), SessionctlError, "resumed a session that is not valid");
  assertEquals([check(ann, false), check(ann, true)], ["ann", "ann"]);
  assertThrows(() => check(eve, true), SessionctlError, 'the client "eve" resumed a session');
  accepted.clear();
  assertThrows(() => check(ann, true), SessionctlError, "resumed a session");
});

Deno.test("a session is not resumed once its certificate has expired", async () => {
  const ca = await makeAuthority("clients");
  const rules = { clientCa: ca.cert, allowCn: [], allowSan: [], namesIn: certificateNames };
  const expired = await makeCertificate({ name: "ann", ca, days: -1 });
  const accepted = new AcceptedCertificates();
  checkClient(client(expired, false), rules, accepted);
  assertThrows(() => checkClient(client(expired, true), rules, accepted), SessionctlError);
});

Deno.test("a bounded number of accepted certificates is remembered, the newest ones", () => {
  const accepted = new AcceptedCertificates();
  const raw = (i: number) => encode(String(i));
  for (let i = 0; i < 10_001; i++) accepted.add(raw(i));
  assertEquals([0, 1, 10_000].map((i) => accepted.has(raw(i))), [false, true, true]);
});

const ignore = program === undefined || !installed("openssl");

/** A key file with the private key of `own` and the public key of `other` (P-256, PKCS #8). */
function disguised(own: Pair, other: Pair): Pair {
  const der = ({ key }: Pair) => Uint8Array.fromBase64(key.replace(/-----[^-]+-----|\s/g, ""));
  const [mine, theirs] = [der(own), der(other)];
  mine.set(theirs.subarray(-65), mine.length - 65);
  const lines = mine.toBase64().replace(/.{64}/g, "$&\n");
  return {
    cert: other.cert,
    key: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
  };
}

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test({
    name: `a certificate without its key is refused (${version})`,
    ignore,
    fn: async () => {
      await using sandbox = await makeSandbox();
      const ca = await makeAuthority("clients");
      const { cert: caPath } = await writePair(sandbox, ca, "ca");
      const relay = await startEchoRelay(sandbox, ["--client-ca", caPath], { program });
      const ann = await makeCertificate({ name: "ann", ca });
      const eve = disguised(await makeCertificate({ name: "eve", ca }), ann);
      assertEquals(await isAnswered(sandbox, relay, eve, version), false);
      assertEquals(await isAnswered(sandbox, relay, ann, version), true);
    },
  });
}
