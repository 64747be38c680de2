import { assertEquals, assertRejects } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { readAuthorities, readCredentials } from "../../src/relay/credentials/certificate.ts";
import { SessionctlError } from "../../src/errors.ts";
import { makeSandbox } from "../support/mod.ts";
import { makeCertificate, writePair } from "./support.ts";

const DAY_MS = 86_400_000;

Deno.test("a certificate is valid from notBefore to notAfter inclusive", async () => {
  await using sandbox = await makeSandbox();
  const { cert, key } = await writePair(sandbox, await makeCertificate({ days: 1 }));
  await readCredentials(cert, key);
  for (
    const [days, message] of [[-31, "server.pem: not valid before"], [2, "server.pem: expired on"]]
  ) {
    const then = Date.now() + Number(days) * DAY_MS;
    await assertRejects(() => readCredentials(cert, key, then), SessionctlError, String(message));
  }
});

Deno.test("the error for a key on a curve that TLS does not support names the curve and the supported ones", async () => {
  await using sandbox = await makeSandbox();
  const { cert, key } = await writePair(sandbox, await makeCertificate());
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "secp256k1",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  await Deno.writeTextFile(key, privateKey);
  await assertRejects(
    () => readCredentials(cert, key),
    SessionctlError,
    "TLS does not support keys on the curve secp256k1; use P-256, P-384 or P-521",
  );
});

Deno.test("every certificate of a CA file is read, and a broken one is reported", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("ca.pem");
  const [one, two] = [await makeCertificate(), await makeCertificate()];
  await Deno.writeTextFile(path, `${one.cert}and\n${two.key}${two.cert}`);
  assertEquals(await readAuthorities(path, "the CA"), one.cert + two.cert);
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  await Deno.writeTextFile(path, one.cert + broken);
  await assertRejects(
    () => readAuthorities(path, "the CA"),
    SessionctlError,
    "ca.pem: a broken PEM certificate",
  );
});
