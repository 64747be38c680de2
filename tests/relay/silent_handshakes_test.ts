import { makeSandbox } from "../support/mod.ts";
import {
  assertEchoes,
  connect,
  descriptorCount,
  eventually,
  metric,
  startEchoRelay,
} from "./support.ts";

Deno.test("200 handshakes that never finish release their descriptors at the time limit", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox, [
    ...["--handshake-timeout", "1s", "--status", "127.0.0.1:0"],
  ]);
  const before = descriptorCount(relay.pid);
  const silent = await Promise.all(
    Array.from({ length: 200 }, () => Deno.connect({ hostname: "127.0.0.1", port: relay.port })),
  );
  await eventually("all are refused", async () => {
    const metrics = await (await fetch(`http://${relay.status}/metrics`)).text();
    return metric(metrics, "handshake_failures_total") === 200;
  });
  await eventually("all are freed", () => descriptorCount(relay.pid) <= before);
  for (const conn of silent) conn.close();
  using conn = await connect(relay);
  await assertEchoes(conn);
});
