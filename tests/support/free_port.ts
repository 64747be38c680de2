import { endListener } from "./end_listener.ts";

/**
 * A port of `hostname` that nobody listens on, below the range from which systems take the ports
 * of connections and of listeners on port 0: a test that runs at the same time cannot get it
 * before its user binds it.
 */
export function freePort(hostname = "127.0.0.1"): number {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    if (isFree(hostname, port)) return port;
  }
  throw new Error(`no free port of ${hostname} from ${FIRST} to ${END - 1}`);
}

// Linux hands out ports from 32768 on, macOS and Windows from 49152 on.
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
