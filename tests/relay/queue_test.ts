import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { NodeTlsAcceptor } from "../../src/relay/node_tls_acceptor.ts";
import { knowsClients } from "../../src/relay/runtime.ts";
import { loadDescriptors } from "../../src/relay/side.ts";
import { makeSandbox } from "../support/mod.ts";
import { closeQuietly, makeCertificate, PATIENCE_MS } from "./support.ts";

Deno.test("where node:tls accepts, 512 clients wait at the most, and one more is reset", {
  ignore: !knowsClients(),
}, async () => {
  await using sandbox = await makeSandbox();
  const acceptor = await NodeTlsAcceptor.listen({
    ...{ hostname: "127.0.0.1", port: 0, alpn: [], shared: false },
    ...{ clientCa: undefined, allowCn: [], allowSan: [], handshakeMs: Infinity },
    credentials: await makeCertificate(),
  }, await loadDescriptors());
  const conns: Deno.TcpConn[] = [];
  sandbox.defer(() => {
    for (const conn of conns) closeQuietly(conn);
    acceptor.close();
  });
  const port = Number(acceptor.address.split(":")[1]);
  const connect = () => Deno.connect({ hostname: "127.0.0.1", port });
  for (let i = 0; i < 512; i++) conns.push(await connect());
  await assertRejects(async () => {
    using last = await connect();
    await deadline(last.read(new Uint8Array(1)), PATIENCE_MS);
  }, Deno.errors.ConnectionReset);
  // The others are there still.
  for (let i = 0; i < 512; i++) (await acceptor.accept())!.side.abort();
  const settled = await Promise.allSettled(conns.map((conn) => conn.read(new Uint8Array(1))));
  assertEquals(settled.filter(({ status }) => status === "rejected").length, 512);
});
