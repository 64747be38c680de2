/** What scanners, load balancers and vanishing clients do to a relay that knows its clients. */
import { assert, assertEquals } from "@std/assert";
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

const LONG = Deno.env.get("SESSIONCTL_LONG_TESTS") === "1";
const AT_ONCE = 16;

async function startRouted(sandbox: Sandbox, ...more: string[]): Promise<RunningRelay> {
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  return await startRelay(sandbox, ["--route", `localhost=${socket}`, ...more], { program });
}

/** Resets 20 connections, and waits until the limit for the handshakes of all has passed. */
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

/** Memory in use, in bytes. */
function memoryOf(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+([0-9]+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Opens connections: of four one is used, one reset, and two are closed without a byte. */
async function openAndClose(relay: RunningRelay, count: number): Promise<void> {
  let left = count;
  const client = async () => {
    while (left > 0) {
      const kind = left-- % 4;
      if (kind === 0) {
        using conn = await connect(relay);
        await assertEchoes(conn);
      } else if (kind === 1) await connectAndReset(relay);
      else (await Deno.connect({ hostname: "127.0.0.1", port: relay.port })).close();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
}

const CONNECTIONS = LONG ? 20_000 : 4_000;
/** The heap's reserve, which grows for a while, and not with the connections; in bytes. */
const MOST_GROWTH = 64e6;

Deno.test({
  name: `${CONNECTIONS} connections leave a relay by name its memory`,
  ignore: program === undefined || Deno.build.os !== "linux",
  fn: async () => {
    await using sandbox = await makeSandbox();
    const relay = await startRouted(sandbox);
    // What grows once: code, buffers that are kept, the heap's own reserve.
    await openAndClose(relay, CONNECTIONS / 2);
    const before = memoryOf(relay.pid);
    await openAndClose(relay, CONNECTIONS);
    const grown = memoryOf(relay.pid) - before;
    if (LONG) console.log(`${before} bytes before, ${grown} more after`);
    assert(grown < MOST_GROWTH, `grew by ${grown} bytes`);
  },
});
