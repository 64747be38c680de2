import { assertEquals } from "@std/assert";
import { createServer, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { knowsClients } from "../../src/relay/start.ts";
import { makeSandbox } from "../support/mod.ts";
import { makeAuthority, makeCertificate, readAll, startRelay, writePair } from "./support.ts";

Deno.test({
  name:
    "relay connect shows a client certificate that was renewed, and stays with it while the next one is broken",
  // The server of this test is node:tls in the test's own process.
  ignore: !knowsClients(),
  fn: async () => {
    await using sandbox = await makeSandbox();
    const ca = await makeAuthority("clients");
    const pair = await makeCertificate();
    const server = createServer(
      { cert: pair.cert, key: pair.key, ca: ca.cert, requestCert: true },
      (socket: TLSSocket) => {
        socket.on("error", () => {});
        socket.end(socket.getPeerCertificate().subject.CN as string);
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    sandbox.defer(() => void server.close());
    const client = await writePair(sandbox, await makeCertificate({ name: "old", ca }), "client");
    const { cert: trusted } = await writePair(sandbox, pair, "trusted");
    const path = sandbox.path("run", "near.in");
    const relay = await startRelay(sandbox, [
      ...["connect", "--listen", path, "--ca", trusted],
      ...["--to", `127.0.0.1:${(server.address() as AddressInfo).port}`],
      ...["--client-cert", client.cert, "--client-key", client.key],
    ]);
    const shown = async () => {
      using conn = await Deno.connect({ transport: "unix", path });
      return await readAll(conn);
    };
    assertEquals(await shown(), "old");
    await writePair(sandbox, await makeCertificate({ name: "new", ca }), "client");
    relay.signal("SIGHUP");
    await relay.says(/certificate loaded from \S+client\.pem/);
    assertEquals(await shown(), "new");
    await Deno.writeTextFile(client.key, "half a key");
    await relay.says(/cannot reload the certificate; the previous one stays in use: .*client\.key/);
    assertEquals(await shown(), "new");
  },
});
