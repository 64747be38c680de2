import { assert } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { assertEchoes, connect, makeCertificate, startEchoRelay, writePair } from "./support.ts";

Deno.test("a new certificate is used for new connections, and open ones go on", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox);
  using old = await connect(relay);
  const speaks = async (conn: Deno.Conn) => {
    await assertEchoes(conn);
  };
  await speaks(old);
  for (const how of ["signal", "files"]) {
    const fresh = await makeCertificate();
    const said = relay.stderr().length;
    await writePair(sandbox, fresh);
    if (how === "signal") relay.signal("SIGHUP");
    await relay.says(/certificate loaded/, said);
    // None of many concurrent clients may get the old certificate or a closing listener.
    const conns = await Promise.all(
      Array.from({ length: 20 }, () => connect({ ...relay, cert: fresh.cert })),
    );
    for (const conn of conns) {
      await speaks(conn);
      conn.close();
    }
    await speaks(old);
  }
  assert(!relay.stderr().includes("refused"), relay.stderr());
});
