import { hasCode, messageOf } from "../errors.ts";
import type { Engine } from "./engine/mod.ts";
import type { FleetKeys } from "./keys.ts";

/** A finding about the engine, as `fleet check` prints it. */
export interface FleetFinding {
  readonly severity: "ok" | "note" | "problem";
  readonly text: string;
}

/** Maximum lifetime of a key that could not be removed, in seconds. */
const LEASE_S = 10;
/** Beyond this difference of the clocks, ages are shown wrongly, in milliseconds. */
const MAX_SKEW_MS = 5000;
/** The versions with which the fleet was tested. */
const TESTED = /^3\.[4-9]\./;

interface Subject {
  readonly engine: Engine;
  readonly keys: FleetKeys;
  readonly host: string;
}

/**
 * Checks that the engine does what a fleet needs: its version, leases, that this host can write its
 * own keys and no others, and the clocks. It writes keys that no host reads, and removes them.
 */
export async function checkEngine(subject: Subject): Promise<FleetFinding[]> {
  const version = await versionFinding(subject.engine).catch(failed("the version"));
  const lease = await leaseFinding(subject).catch(failed("leases"));
  const own = await ownFinding(subject).catch(failed("own keys"));
  const others = await othersFindings(subject).catch((error) => [failed("other keys")(error)]);
  return [version, lease, own, ...others, clockFinding(subject.engine)];
}

function failed(what: string): (error: unknown) => FleetFinding {
  return (error) => ({ severity: "problem", text: `${what}: ${messageOf(error)}` });
}

async function versionFinding(engine: Engine): Promise<FleetFinding> {
  const { version, hasLeader } = await engine.status();
  if (!hasLeader) return { severity: "problem", text: "etcd has no leader" };
  return TESTED.test(version)
    ? { severity: "ok", text: `etcd ${version}` }
    : { severity: "note", text: `etcd ${version}: sessionctl is tested with 3.4 to 3.5` };
}

async function leaseFinding({ engine, keys, host }: Subject): Promise<FleetFinding> {
  const key = `${keys.from(host)}check/${crypto.randomUUID()}`;
  const lease = await engine.grant(LEASE_S);
  await engine.put(key, "", lease);
  const isKept = await engine.keepAlive(lease);
  await engine.revoke(lease);
  if (isKept && await engine.get(key) === undefined) {
    return { severity: "ok", text: "leases work: a key goes with its lease" };
  }
  return { severity: "problem", text: "leases do not work: a host that ends would stay listed" };
}

async function ownFinding({ engine, keys, host }: Subject): Promise<FleetFinding> {
  for (const prefix of [keys.host(host), keys.from(host)]) {
    const key = `${prefix}check/${crypto.randomUUID()}`;
    await engine.put(key, "", await engine.grant(LEASE_S));
    await engine.remove(key);
  }
  return { severity: "ok", text: `${host} can write its own keys` };
}

/** Checks what this host must not do: write as another host, or read another person's keys. */
async function othersFindings({ engine, keys, host }: Subject): Promise<FleetFinding[]> {
  const stranger = `check-${crypto.randomUUID().slice(0, 8)}`;
  const written: string[] = [];
  for (const prefix of [keys.host(stranger), keys.from(stranger)]) {
    const key = `${prefix}check/1`;
    const lease = await engine.grant(LEASE_S);
    if (await isRefused(engine.put(key, "", lease))) continue;
    written.push(key);
    await engine.remove(key);
  }
  const canRead = !await isRefused(engine.get(`/sessionctl/v1/${stranger}/host/x/live`));
  return [
    written.length === 0 ? { severity: "ok", text: "other hosts' keys are refused" } : {
      severity: "problem",
      text: `${host} can write the keys of other hosts, so any host can pretend to be another: ` +
        "set up the roles of sessionctl fleet init",
    },
    canRead
      ? { severity: "note", text: "the folders of other people's windows can be read" }
      : { severity: "ok", text: "other people's keys are refused" },
  ];
}

async function isRefused(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return false;
  } catch (error) {
    if (hasCode(error, "NOT_ALLOWED")) return true;
    throw error;
  }
}

function clockFinding({ clockSkewMs }: Engine): FleetFinding {
  if (clockSkewMs === undefined) return { severity: "note", text: "etcd does not tell its time" };
  const seconds = Math.round(Math.abs(clockSkewMs) / 1000);
  if (Math.abs(clockSkewMs) <= MAX_SKEW_MS) return { severity: "ok", text: "the clocks agree" };
  const direction = clockSkewMs > 0 ? "ahead of" : "behind";
  return {
    severity: "note",
    text: `the clock of this machine is ${seconds} s ${direction} etcd's: ages are shown wrongly`,
  };
}
