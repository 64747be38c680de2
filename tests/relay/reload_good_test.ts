import { assert, assertEquals } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import {
  connect,
  echo,
  encode,
  makeCertificate,
  readText,
  serveUnix,
  startRelay,
  writeAll,
  writePair,
} from "./support.ts";

Deno.test("a new certificate is used for new connections, and open ones go on", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  const relay = await startRelay(sandbox, ["--to", socket]);
  using old = await connect(relay);
  const speaks = async (conn: Deno.Conn) => {
    await writeAll(conn, encode("hello"));
    assertEquals(await readText(conn, 5), "hello");
  };
  await speaks(old);
  for (const how of ["signal", "files"]) {
    const fresh = await makeCertificate();
    const said = relay.stderr().length;
    await writePair(sandbox, fresh);
    if (how === "signal") relay.signal("SIGHUP");
    await relay.says(/certificate loaded/, said);
    // Many at once: none may meet the old certificate, nor a listener that is going.
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
