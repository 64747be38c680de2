/** Scanners, load balancers and vanishing clients at a relay that authenticates its clients. */
import { assertEquals } from "@std/assert";
import { makeSandbox, type Sandbox } from "../support/mod.ts";
import { clientProgram as program } from "./client_program.ts";
import {
  assertEchoes,
  connect,
  connectAndReset,
  descriptorCount,
  echo,
  eventually,
  makeAuthority,
  type RunningRelay,
  serveUnix,
  startEchoRelay,
  startRelay,
  writePair,
} from "./support.ts";

async function startRouted(sandbox: Sandbox, ...more: string[]): Promise<RunningRelay> {
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  return await startRelay(sandbox, ["--route", `localhost=${socket}`, ...more], { program });
}

/** Resets 20 connections, and waits until the handshake limit of all of them has passed. */
async function resetTwenty(relay: RunningRelay): Promise<void> {
  const before = descriptorCount(relay.pid);
  await Promise.all(Array.from({ length: 20 }, () => connectAndReset(relay)));
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  await silent.read(new Uint8Array(1)).catch(() => {});
  await eventually("they are gone", () => descriptorCount(relay.pid) <= before);
}

Deno.test({
  name: "20 connections that are reset at once do not end a relay by name",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const relay = await startRouted(sandbox, "--handshake-timeout", "2s");
    await resetTwenty(relay);
    using conn = await connect(relay);
    await assertEchoes(conn);
  },
});

Deno.test({
  name: "20 connections that are reset at once do not end a relay with --client-ca",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const { cert } = await writePair(sandbox, await makeAuthority("clients"), "ca");
    const args = ["--client-ca", cert, "--handshake-timeout", "2s"];
    const relay = await startEchoRelay(sandbox, args, { program });
    await resetTwenty(relay);
    relay.signal("SIGTERM");
    assertEquals((await relay.ended).code, 0);
  },
});
