import { Engine, readAddress } from "../../../src/fleet/engine/mod.ts";
import { FleetKeys } from "../../../src/fleet/keys.ts";

/** The counts of a cluster since its start: sums over its nodes, except for the memory. */
export interface EngineCounts {
  /** Requests to the key-value store and leases. */
  readonly requests: number;
  /** Bytes that clients sent, and received. */
  readonly received: number;
  readonly sent: number;
  /** Processor time, in seconds. */
  readonly cpu: number;
  /** Resident memory of the largest node, in bytes. */
  readonly memory: number;
}

/** Reads the metrics of all nodes. */
export async function engineCounts(urls: readonly string[]): Promise<EngineCounts> {
  const texts = await Promise.all(
    urls.map(async (url) => await (await fetch(`${url}/metrics`)).text()),
  );
  const each = (name: string) =>
    texts.map((text) => {
      const lines = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.e+]+)$`, "gm"));
      return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
    });
  const sum = (name: string) => each(name).reduce((total, value) => total + value, 0);
  return {
    requests: sum("grpc_server_started_total"),
    received: sum("etcd_network_client_grpc_received_bytes_total"),
    sent: sum("etcd_network_client_grpc_sent_bytes_total"),
    cpu: sum("process_cpu_seconds_total"),
    memory: Math.max(...each("process_resident_memory_bytes")),
  };
}

/** The load that one host adds to the engine, as an average of many. */
export interface HostCost {
  readonly keys: number;
  readonly bytes: number;
  readonly requestsPerMinute: number;
  readonly bytesPerMinute: number;
  /** Processor time of all nodes, in milliseconds. */
  readonly cpuPerMinute: number;
}

/** Measures the load of `hosts` idle hosts for a while. */
export async function hostCost(urls: readonly string[], hosts: number): Promise<HostCost> {
  using engine = new Engine({ endpoints: readAddress(urls[0]!), limitMs: 30_000 });
  let keys = 0;
  let bytes = 0;
  for await (const { entries } of engine.pages(new FleetKeys("ann").prefix)) {
    for (const { key, value } of entries) {
      if (!key.includes("/host/sim")) continue;
      keys++;
      bytes += key.length + value.length;
    }
  }
  const before = await engineCounts(urls);
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  const after = await engineCounts(urls);
  const minutes = (performance.now() - started) / 60_000 * hosts;
  return {
    keys: keys / hosts,
    bytes: bytes / hosts,
    requestsPerMinute: (after.requests - before.requests) / minutes,
    bytesPerMinute: (after.received + after.sent - before.received - before.sent) / minutes,
    cpuPerMinute: (after.cpu - before.cpu) * 1000 / minutes,
  };
}

const WATCH_MS = 20_000;

/**
 * Number of requests per second that the engine answers: renewals of leases, and writes of windows.
 */
export async function engineLimits(url: string): Promise<{ renewals: number; writes: number }> {
  using engine = new Engine({ endpoints: readAddress(url), limitMs: 30_000 });
  const leases = await Promise.all(Array.from({ length: CALLERS }, () => engine.grant(600)));
  const value = "x".repeat(200);
  const rate = async (call: (caller: number) => Promise<unknown>) => {
    let calls = 0;
    const started = performance.now();
    await Promise.all(leases.map(async (_, caller) => {
      while (performance.now() - started < LIMIT_MS) {
        await call(caller);
        calls++;
      }
    }));
    return calls * 1000 / (performance.now() - started);
  };
  const renewals = await rate((caller) => engine.keepAlive(leases[caller]!));
  const writes = await rate((caller) => engine.put(`/load/${caller}`, value, leases[caller]!));
  for (const lease of leases) await engine.revoke(lease);
  return { renewals, writes };
}

const CALLERS = 64;
const LIMIT_MS = 5000;
