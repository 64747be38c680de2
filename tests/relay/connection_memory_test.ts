import { assert } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { clientProgram as program } from "./client_program.ts";
import {
  assertEchoes,
  connect,
  connectAndReset,
  echo,
  type RunningRelay,
  serveUnix,
  startRelay,
} from "./support.ts";

const LONG = Deno.env.get("SESSIONCTL_LONG_TESTS") === "1";
const AT_ONCE = 16;

/** The resident memory of a process, in bytes. */
function memoryOf(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+([0-9]+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Opens connections: of every four, one is used, one is reset, two are closed without a byte. */
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
/** Maximum growth in bytes. The heap reserve grows for a while, but not with the connections. */
const MOST_GROWTH = 64e6;

Deno.test({
  name: `${CONNECTIONS} connections leave a relay by name its memory`,
  ignore: program === undefined || Deno.build.os !== "linux",
  fn: async () => {
    await using sandbox = await makeSandbox();
    const socket = sandbox.path("target.sock");
    serveUnix(sandbox, socket, echo);
    const relay = await startRelay(sandbox, ["--route", `localhost=${socket}`], { program });
    // The first connections load code, and fill buffer pools and the heap reserve.
    await openAndClose(relay, CONNECTIONS / 2);
    const before = memoryOf(relay.pid);
    await openAndClose(relay, CONNECTIONS);
    const grown = memoryOf(relay.pid) - before;
    if (LONG) console.log(`${before} bytes before, ${grown} more after`);
    assert(grown < MOST_GROWTH, `grew by ${grown} bytes`);
  },
});
