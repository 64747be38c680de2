import { endListener } from "./end_listener.ts";

/**
 * Returns an unused port of `hostname` below the range from which systems assign ports to
 * connections and to listeners on port 0, so that a concurrent test cannot get it before the caller
 * binds it.
 */
export function freePort(hostname = "127.0.0.1"): number {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    if (isFree(hostname, port)) return port;
  }
  throw new Error(`no free port of ${hostname} from ${FIRST} to ${END - 1}`);
}

// Linux assigns ports from 32768 on, macOS and Windows from 49152 on.
const FIRST = 12_000;
const END = 32_000;

function isFree(hostname: string, port: number): boolean {
  try {
    endListener(Deno.listen({ hostname, port }));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
