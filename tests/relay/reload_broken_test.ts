import { assertEquals } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { connect, echo, encode, readText, serveUnix, startRelay, writeAll } from "./support.ts";

Deno.test("a broken new certificate is reported, and the old one stays in use", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  const relay = await startRelay(sandbox, ["--to", socket]);
  await Deno.writeTextFile(sandbox.path("server.pem"), "half a certifi");
  relay.signal("SIGHUP");
  await relay.says(/the new certificate is not used, the old one stays: .*server\.pem/);
  using conn = await connect(relay);
  await writeAll(conn, encode("hello"));
  assertEquals(await readText(conn, 5), "hello");
});
