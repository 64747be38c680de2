import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { emptyActivity } from "../../src/relay/log/activity.ts";
import { emptyStats } from "../../src/relay/status/stats.ts";
import { statusPage } from "../../src/relay/status/page.ts";
import type { Snapshot } from "../../src/relay/status/snapshot.ts";
import { makeSandbox, type Sandbox } from "../support/mod.ts";
import {
  assertEchoes,
  connect,
  echo,
  encode,
  eventually,
  metric,
  readAll,
  type RunningRelay,
  serveUnix,
  startRelay,
  writeAll,
} from "./support.ts";

const html = { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };

async function start(sandbox: Sandbox, more: readonly string[] = []): Promise<RunningRelay> {
  const socket = sandbox.path("target.sock");
  return await startRelay(sandbox, ["--to", socket, "--status", "127.0.0.1:0", ...more]);
}

for (const workers of ["1", "2"]) {
  Deno.test(`/ reports the relay's state and counts as JSON, with --workers ${workers}`, async () => {
    await using sandbox = await makeSandbox();
    const relay = await start(sandbox, ["--workers", workers]);
    const status = async () => await (await fetch(`http://${relay.status}/`)).json();
    const refused = await connect(relay);
    await refused.read(new Uint8Array(1)).catch(() => {});
    refused.close();
    serveUnix(sandbox, sandbox.path("target.sock"), echo);
    const ended = await connect(relay);
    await assertEchoes(ended);
    ended.close();
    using open = await connect(relay);
    await assertEchoes(open);
    await eventually("it has ended", async () => (await status()).counts.open === 1);
    const { version, address, healthy, certificate, targets, connections, ...rest } =
      await status();
    assertMatch(version, /^[0-9]+\.[0-9]+\.[0-9]+/);
    assertEquals([address, healthy, rest.workers], [relay.address, true, Number(workers)]);
    assertEquals(certificate.fingerprint, relay.fingerprint);
    assertMatch(certificate.notAfter, /^[0-9-]+T[0-9:.]+Z$/);
    const [target] = targets;
    assertEquals([targets.length, target.name], [1, sandbox.path("target.sock")]);
    assertStringIncludes(target.lastError.message, "no socket at");
    const client = ({ hostname, port }: Deno.NetAddr) => `${hostname}:${port}`;
    const shown = (records: { client: string; ending?: string }[]) =>
      records.map((one) => [one.client, one.ending]);
    assertEquals(shown(connections.open), [[client(open.localAddr), undefined]]);
    assertEquals(shown(connections.refused), [[client(refused.localAddr), "connect-failed"]]);
    assertEquals(shown(connections.ended), [
      [client(ended.localAddr), "closed"],
      [client(refused.localAddr), "connect-failed"],
    ]);
    assertEquals(rest.counts.refused["connect-failed"], 1);
  });
}

Deno.test("the status shows the last reload and why its files are not in use", async () => {
  await using sandbox = await makeSandbox();
  const relay = await start(sandbox);
  const lastReload = async () => (await (await fetch(`http://${relay.status}/`)).json()).lastReload;
  assertEquals(await lastReload(), undefined);
  relay.signal("SIGHUP");
  await relay.says(/certificate loaded/);
  const { at, ...rest } = await lastReload();
  assertMatch(at, /Z$/);
  assertEquals(rest, { what: "certificate" });
  await Deno.writeTextFile(sandbox.path("server.pem"), "half a certifi");
  await relay.says(/cannot reload the certificate/);
  assertStringIncludes((await lastReload()).error, "not a PEM certificate");
  const metrics = await (await fetch(`http://${relay.status}/metrics`)).text();
  assertEquals(metric(metrics, "last_reload_successful"), 0);
});

Deno.test("/metrics contains the expiry of the certificate", async () => {
  await using sandbox = await makeSandbox();
  const relay = await start(sandbox);
  const metrics = await (await fetch(`http://${relay.status}/metrics`)).text();
  const left = metric(metrics, "certificate_expiry_seconds") - Date.now() / 1000;
  assert(left > 86_000 && left <= 86_400, String(left));
});

Deno.test("browsers get a page without scripts, and only with the style that its policy allows", async () => {
  await using sandbox = await makeSandbox();
  const relay = await start(sandbox);
  const answer = await fetch(`http://${relay.status}/`, html);
  assertMatch(answer.headers.get("content-type")!, /^text\/html/);
  assertEquals(answer.headers.get("x-content-type-options"), "nosniff");
  const page = await answer.text();
  const style = /<style>([^]*?)<\/style>/.exec(page)![1]!;
  const hash = createHash("sha256").update(style).digest("base64");
  assertEquals(
    answer.headers.get("content-security-policy"),
    `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; ` +
      "form-action 'none'; frame-ancestors 'none'",
  );
  assertEquals(page.match(/<script|\son[a-z]+=|\sstyle=|<form|https?:/gi), null);
  assertEquals(page.match(/<svg/g)?.length, 6);
});

const hostile = `<script>alert("1")</script>'&\x1b[31m\u202e`;

function hostileSnapshot(): Snapshot {
  const record = {
    ...{ at: 0, durationMs: 1, bytesUp: 0, bytesDown: 0, client: hostile, id: hostile },
    ...{ serverName: hostile, certificate: hostile, target: hostile, reason: hostile },
  };
  return {
    ...{ version: hostile, pid: 1, address: hostile, workers: 1, startedAt: 0, now: 0 },
    healthy: true,
    certificate: { subject: hostile, fingerprint: "", notAfter: 0 },
    lastReload: { at: 0, what: hostile, error: hostile },
    stats: emptyStats(),
    activity: {
      open: [record],
      ended: [{ ...record, at: 1, ending: "closed" }],
      refused: [{ ...record, at: 2, ending: "client-not-allowed" }],
      targets: [{ name: hostile, reached: 0, failed: 1, lastError: { at: 0, message: hostile } }],
    },
    windows: [{
      ...{ folders: [hostile], kind: hostile, liveness: hostile },
      ...{ socketPath: hostile, relaySocket: hostile },
    }],
  };
}

Deno.test("names of clients, certificates and editors and error messages appear on the page as text", () => {
  const page = statusPage(hostileSnapshot(), []);
  // deno-lint-ignore no-control-regex
  assertEquals(page.match(/<script|"1"|\x1b|\u202e/g), null);
  assertEquals(page.match(/&lt;script&gt;alert\(&quot;1&quot;\)/g)?.length, 28);
});

Deno.test("the page renders without a registry, connections or samples", () => {
  const snapshot = { ...hostileSnapshot(), windows: undefined, activity: emptyActivity() };
  assertStringIncludes(statusPage(snapshot, []), "no registry answers");
});

Deno.test("requests with a foreign Host name that resolves here are refused", async () => {
  await using sandbox = await makeSandbox();
  const relay = await start(sandbox);
  const [hostname, port] = relay.status.split(":");
  const statusFor = async (host: string) => {
    using conn = await Deno.connect({ hostname, port: Number(port) });
    await writeAll(conn, encode(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`));
    return (await readAll(conn)).slice(9, 12);
  };
  const answers: string[] = [];
  for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "1"]) {
    answers.push(await statusFor(host));
  }
  assertEquals(answers, ["421", "421", "421", "421"]);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "[::1]", "LOCALHOST"]) {
    assertEquals(await statusFor(host), "200", host);
  }
});
