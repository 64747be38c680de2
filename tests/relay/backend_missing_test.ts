import { assertEquals, assertRejects } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import {
  assertEchoes,
  connect,
  descriptorCount,
  echo,
  eventually,
  serveUnix,
  startRelay,
} from "./support.ts";

Deno.test("without a target the client is reset, the log says why, and the relay keeps running", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const relay = await startRelay(sandbox, ["--to", socket]);
  let before = 0;
  for (let i = 0; i < 20; i++) {
    const conn = await connect(relay);
    await assertRejects(() => conn.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
    conn.close();
    // The first connection loads code, whose descriptors stay open.
    if (i === 0) before = descriptorCount(relay.pid);
  }
  await relay.says(
    new RegExp(`refused a connection from 127.0.0.1:[0-9]+: no socket at ${socket}`),
  );
  // The relay logs one line immediately and gathers the rest, so that the log stays small.
  assertEquals(relay.stderr().trim().split("\n").length, 1);
  await eventually("its descriptors are free", () => descriptorCount(relay.pid) <= before);
  serveUnix(sandbox, socket, echo);
  using conn = await connect(relay);
  await assertEchoes(conn);
});
