import { assert, assertEquals } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import {
  assertEchoes,
  connect,
  eventually,
  makeCertificate,
  metric,
  type RunningRelay,
  startEchoRelay,
  startRelay,
  writePair,
} from "./support.ts";

function workersOf(pid: number): number[] {
  const text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
  return text.split(" ").filter(Boolean).map(Number);
}

async function speak(relay: RunningRelay): Promise<void> {
  const conn = await connect(relay);
  await assertEchoes(conn);
  conn.close();
}

Deno.test("workers share the port, dead workers are replaced, and counts are totals", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox, [
    ...["--workers", "2", "--status", "127.0.0.1:0"],
  ]);
  const metrics = async () => await (await fetch(`http://${relay.status}/metrics`)).text();
  const [first, second] = workersOf(relay.pid);
  assert(first && second);
  for (let i = 0; i < 20; i++) await speak(relay);
  await eventually(
    "all are counted",
    async () => metric(await metrics(), "connections_accepted_total") === 20,
  );
  Deno.kill(first, "SIGKILL");
  await relay.says(/worker [0-9]+ was ended by SIGKILL; starting a new one/);
  await eventually("it is replaced", () => workersOf(relay.pid).length === 2);
  // The port is shared again once the new worker listens; the old counts are kept.
  await eventually("both take connections", async () => {
    await speak(relay).catch(() => {});
    return metric(await metrics(), "connections_accepted_total") > 20;
  });
  relay.signal("SIGTERM");
  assertEquals((await relay.ended).code, 0);
});

Deno.test("open connections of a dead worker leave the counts, and its accepted connections stay", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox, [
    ...["--workers", "2", "--status", "127.0.0.1:0"],
  ]);
  const counts = async () => {
    const text = await (await fetch(`http://${relay.status}/metrics`)).text();
    return ["open", "accepted_total"].map((name) => metric(text, `connections_${name}`)).join();
  };
  using conn = await connect(relay);
  await assertEchoes(conn);
  await eventually("it is counted", async () => await counts() === "1,1");
  for (const pid of workersOf(relay.pid)) Deno.kill(pid, "SIGKILL");
  await eventually("it is not open any more", async () => await counts() === "0,1");
});

Deno.test("a worker that dies while the new certificate is broken is replaced, with the old certificate", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox, ["--workers", "2"]);
  const good = await makeCertificate();
  await writePair(sandbox, good);
  relay.signal("SIGHUP");
  await relay.says(/certificate loaded[^]*certificate loaded/);
  await Deno.writeTextFile(sandbox.path("server.pem"), "half a certifi");
  const workers = workersOf(relay.pid);
  for (const pid of workers) Deno.kill(pid, "SIGKILL");
  await eventually("another takes connections, with the last good one", async () => {
    return await speak({ ...relay, cert: good.cert }).then(() => true, () => false);
  });
  assert(!workersOf(relay.pid).some((pid) => workers.includes(pid)));
  await relay.says(/cannot reload the certificate; the previous one stays in use: .*server\.pem/);
  assert(!/worker [0-9]+ failed/.test(relay.stderr()), relay.stderr());
});

Deno.test("workers end when their parent is killed", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startRelay(sandbox, ["--to", sandbox.path("x.sock"), "--workers", "2"]);
  const workers = workersOf(relay.pid);
  relay.signal("SIGKILL");
  const alive = (pid: number) => {
    try {
      return !/State:\s+Z/.test(Deno.readTextFileSync(`/proc/${pid}/status`));
    } catch {
      return false;
    }
  };
  await eventually("they are gone", () => !workers.some(alive));
});
