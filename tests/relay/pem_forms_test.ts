import { makeSandbox } from "../support/mod.ts";
import { assertEchoes, connect, makeCertificate, startEchoRelay } from "./support.ts";

/** The block that `openssl ecparam -genkey` writes before the key: the curve, P-256. */
const PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

Deno.test("one file with key, chain, comments, a byte order mark and CRLF works as certificate and key", async () => {
  await using sandbox = await makeSandbox();
  const { cert, key } = await makeCertificate();
  const other = await makeCertificate({ name: "issuer" });
  const all = `\ufeffBag Attributes\n    friendlyName: x\n${PARAMETERS}${key}${cert}${other.cert}`
    .replaceAll("\n", "\r\n");
  const relay = await startEchoRelay(sandbox, [], { pair: { cert: all, key: all } });
  using conn = await connect({ ...relay, cert });
  await assertEchoes(conn);
});
