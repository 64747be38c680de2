import { assertEquals } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { descriptorCount, encode, eventually, serveUnix, startRelay, writeAll } from "./support.ts";

Deno.test("a client that speaks plain HTTP is refused and never reaches the target", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  let reached = 0;
  serveUnix(sandbox, socket, () => Promise.resolve(void reached++));
  const relay = await startRelay(sandbox, ["--to", socket]);
  const before = descriptorCount(relay.pid);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  await writeAll(conn, encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const end = async () => {
    const buffer = new Uint8Array(1000);
    while ((await conn.read(buffer)) !== null) { /* a TLS alert may come first */ }
  };
  await end().catch(() => {});
  conn.close();
  await relay.says(/refused a connection from 127\.0\.0\.1:[0-9]+: .*InvalidContentType/);
  await eventually("its descriptor is free", () => descriptorCount(relay.pid) <= before);
  assertEquals(reached, 0);
});
