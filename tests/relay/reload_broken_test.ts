import { makeSandbox } from "../support/mod.ts";
import { assertEchoes, connect, startEchoRelay } from "./support.ts";

Deno.test("a broken new certificate is reported, and the previous one stays in use", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox);
  await Deno.writeTextFile(sandbox.path("server.pem"), "half a certifi");
  relay.signal("SIGHUP");
  await relay.says(/cannot reload the certificate; the previous one stays in use: .*server\.pem/);
  using conn = await connect(relay);
  await assertEchoes(conn);
});
