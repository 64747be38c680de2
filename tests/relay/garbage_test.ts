import { makeSandbox, seeded } from "../support/mod.ts";
import { clientProgram as program } from "./client_program.ts";
import {
  assertEchoes,
  connect,
  descriptorCount,
  echo,
  eventually,
  serveUnix,
  startRelay,
} from "./support.ts";

/** The first bytes of a ClientHello. */
const HELLO = [22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];

for (const workers of [1, 2]) {
  Deno.test(`a relay with routes survives bytes that are not TLS (--workers ${workers})`, {
    ignore: program === undefined,
  }, async () => {
    await using sandbox = await makeSandbox();
    const socket = sandbox.path("target.sock");
    serveUnix(sandbox, socket, echo);
    const args = ["--route", `localhost=${socket}`, "--workers", String(workers)];
    const relay = await startRelay(sandbox, args, { program });
    const before = descriptorCount(relay.pid);
    const random = seeded(20);
    for (let round = 0; round < 300; round++) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
      const length = 1 + Math.floor(random() * 3000);
      const bytes = Uint8Array.from({ length }, () => random() * 256);
      if (random() < 0.5) bytes.set(HELLO.slice(0, length));
      await conn.write(bytes).catch(() => {});
      if (random() < 0.5) await conn.closeWrite().catch(() => {});
    }
    const conn = await connect(relay);
    await assertEchoes(conn);
    conn.close();
    await eventually("they are gone", () => descriptorCount(relay.pid) <= before);
  });
}
