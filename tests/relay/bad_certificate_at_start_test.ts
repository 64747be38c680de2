import { assertEquals, assertStringIncludes } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { compiled, makeSandbox, run, STRANGER, withStranger } from "../support/mod.ts";
import { canRun } from "../supervisor/support.ts";
import { makeCertificate, writePair } from "./support.ts";

/** Starts a relay that must fail with exit code 1 and one line that names the file. */
async function fails(
  change: (files: { cert: string; key: string }) => void | Promise<void>,
  expected: string,
): Promise<void> {
  await using sandbox = await makeSandbox();
  const files = await writePair(sandbox, await makeCertificate());
  await change(files);
  const args = ["--listen", "127.0.0.1:0", "--cert", files.cert, "--key", files.key];
  const result = await run(compiled, sandbox, {
    args: ["relay", ...args, "--to", sandbox.path("x.sock")],
  });
  assertEquals(result.code, 1, result.stderr);
  assertEquals(result.stdout, "");
  assertEquals(result.stderr.trim().split("\n").length, 1, result.stderr);
  assertStringIncludes(result.stderr, expected);
}

Deno.test("a broken certificate is reported at start", () =>
  fails(({ cert }) => Deno.writeTextFile(cert, "garbage"), "server.pem: not a PEM certificate"));

Deno.test("a broken key is reported at start", () =>
  fails(({ key }) => Deno.writeTextFile(key, "garbage"), "server.key: not an unencrypted PEM"));

Deno.test("a missing certificate is reported at start", () =>
  fails(({ cert }) => Deno.remove(cert), "server.pem: there is no such file"));

const ids = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, "--clear-groups"];
const asStranger = {
  name: "compiled",
  command: "setpriv",
  args: [...ids, compiled.command],
} as const;

Deno.test({
  name: "a private key that the relay's user cannot read is reported with what to do",
  // Where the program lies in a folder of root's alone, no other user can start it.
  ignore: withStranger.ignore || !await canRun("setpriv", ...asStranger.args, "--version"),
  async fn() {
    await using sandbox = await makeSandbox();
    const { cert, key } = await writePair(sandbox, await makeCertificate());
    await new Deno.Command("chown", { args: ["-R", String(STRANGER), sandbox.directory] }).output();
    await Deno.chown(key, 0, 0);
    await Deno.chmod(key, 0o600);
    const result = await run(asStranger, sandbox, {
      args: ["relay", "--listen", "127.0.0.1:0", "--cert", cert, "--key", key, "--to", "/x.sock"],
    });
    assertEquals(result.code, 1, result.stderr);
    assertStringIncludes(result.stderr, `cannot read the private key ${key}: Permission denied`);
    assertStringIncludes(result.stderr, `allow the relay's user (uid ${STRANGER}) to read it`);
  },
});

Deno.test("an expired certificate is reported at start", () =>
  fails(async ({ cert, key }) => {
    const expired = await makeCertificate({ days: -2 });
    await Deno.writeTextFile(cert, expired.cert);
    await Deno.writeTextFile(key, expired.key);
  }, "server.pem: expired on"));

Deno.test("a key that does not belong to the certificate is reported at start", () =>
  fails(async ({ key }) => {
    await Deno.writeTextFile(key, (await makeCertificate()).key);
  }, "server.key: this key does not belong to the certificate in"));

Deno.test("an encrypted key is reported at start", () =>
  fails(
    ({ key }) =>
      Deno.writeTextFile(
        key,
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
      ),
    "server.key: the key is encrypted",
  ));

Deno.test("a key that TLS cannot use is reported at start instead of the address", () =>
  fails(async ({ key }) => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 1024,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    await Deno.writeTextFile(key, privateKey);
  }, "server.key: an RSA key of 1024 bits is too short"));

Deno.test("a --ca file without a certificate is reported at start", async () => {
  await using sandbox = await makeSandbox();
  const files = await writePair(sandbox, await makeCertificate());
  const result = await run(compiled, sandbox, {
    args: [
      ...["relay", "connect", "--listen", sandbox.path("run", "x.sock")],
      ...["--to", "localhost:1", "--ca", files.key],
    ],
  });
  assertEquals(result.code, 1, result.stderr);
  assertStringIncludes(result.stderr, "server.key: not a PEM certificate");
});
