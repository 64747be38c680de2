import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { eventually, installed, metric, type RunningRelay } from "./support.ts";
import { exchange, request, startGuarded, TOKEN } from "./http_support.ts";

/** A refusal as an operator sees it in the log and on the status page. */
interface Refusal {
  readonly host: string;
  readonly reason: RegExp;
}

/** The refused clients of the test, by address, with the relay's reason. */
const REFUSALS: readonly Refusal[] = [
  { host: "127.0.0.2", reason: /401, a token is needed/ },
  { host: "127.0.0.3", reason: /400, .*request line/ },
  { host: "127.0.0.4", reason: /plain HTTP on the TLS port, redirected to https:\/\/localhost/ },
  { host: "127.0.0.5", reason: /403, WebSockets from this origin are not allowed/ },
];

async function curl(relay: RunningRelay, from: string, scheme: string, ...args: string[]) {
  await new Deno.Command("curl", {
    args: [
      ...["-sS", "-k", "--http1.1", "--max-time", "20", "--interface", from, ...args],
      `${scheme}://localhost:${relay.port}/`,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
}

/** Sends the requests of all clients in {@link REFUSALS}, and one that is allowed. */
async function morning(relay: RunningRelay): Promise<void> {
  const bearer = ["-H", `Authorization: Bearer ${TOKEN}`];
  const upgrade = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket"];
  await curl(relay, "127.0.0.1", "https", ...bearer);
  // Twice within five seconds: the log gathers the second, which must not hide the others.
  await curl(relay, "127.0.0.2", "https");
  await curl(relay, "127.0.0.2", "https");
  await curl(relay, "127.0.0.3", "https", ...bearer, "--request", "a b");
  await curl(relay, "127.0.0.4", "http");
  await curl(relay, "127.0.0.5", "https", ...bearer, ...upgrade, "-H", "Origin: https://evil.test");
}

const ignore = Deno.build.os !== "linux" || !installed("curl");

for (const log of [[], ["--log", "connections"]]) {
  Deno.test({
    name: `the log has client, time and reason of each refusal, ${log.join(" ") || "by default"}`,
    ignore,
    fn: async () => {
      await using sandbox = await makeSandbox();
      const { relay } = await startGuarded(sandbox, log);
      const began = Date.now();
      await morning(relay);
      relay.signal("SIGTERM");
      await relay.ended;
      const lines = relay.stderr().split("\n");
      for (const { host, reason } of REFUSALS) {
        const line = lines.find((one) => one.includes(host) && reason.test(one));
        assert(line, `${host} in ${relay.stderr()}`);
        const at = Date.parse(/^sessionctl: (\S+Z) /.exec(line)![1]!);
        assert(at >= began - 1 && at <= Date.now(), line);
      }
      const refused = lines.filter((one) => /127\.0\.0\.1:[0-9]+.*(refused|not-allowed)/.test(one));
      assertEquals(refused, []);
    },
  });
}

for (const workers of ["1", "2"]) {
  Deno.test({
    name: `the status page has client, time and reason of each refusal, with --workers ${workers}`,
    ignore,
    fn: async () => {
      await using sandbox = await makeSandbox();
      const { relay } = await startGuarded(sandbox, [
        ...["--status", "127.0.0.1:0", "--workers", workers],
      ]);
      const began = Date.now();
      await morning(relay);
      const json = async () => await (await fetch(`http://${relay.status}/`)).json();
      await eventually(
        "all have ended",
        async () => (await json()).connections.ended.length === REFUSALS.length + 2,
      );
      const { connections } = await json();
      const headers = { accept: "text/html" };
      const page = await (await fetch(`http://${relay.status}/`, { headers })).text();
      const rows = page.split("<tr>").map((row) => row.replaceAll(/<[^>]*>/g, " "));
      for (const { host, reason } of REFUSALS) {
        type Record = { at: string; client: string; reason: string };
        const found = connections.refused.find((one: Record) => one.client.startsWith(`${host}:`));
        assertMatch(found?.reason ?? "", reason);
        assert(Date.parse(found.at) >= began - 1 && Date.parse(found.at) <= Date.now());
        const row = rows.find((one) => one.includes(`${host}:`) && reason.test(one));
        assertMatch(row ?? "", /[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}/);
      }
      assertEquals(connections.refused.length, REFUSALS.length + 1);
    },
  });
}

Deno.test({
  name: "the metrics count refusals by reason",
  ignore,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const { relay } = await startGuarded(sandbox, ["--status", "127.0.0.1:0"]);
    const metrics = async () => await (await fetch(`http://${relay.status}/metrics`)).text();
    await morning(relay);
    await eventually(
      "none is open",
      async () => metric(await metrics(), "connections_open") === 0,
    );
    const text = await metrics();
    assertEquals(metric(text, 'connections_refused_total{reason="client-not-allowed"}'), 3);
    assertEquals(metric(text, 'connections_refused_total{reason="bad-request"}'), 1);
    assertEquals(metric(text, "handshake_failures_total"), 1);
    assertEquals(metric(text, "connections_accepted_total"), REFUSALS.length + 2);
  },
});

for (const log of ["refusals", "connections"]) {
  Deno.test(`a refused later request of a connection is in the metrics, on the status page and in --log ${log}`, async () => {
    await using sandbox = await makeSandbox();
    const { relay } = await startGuarded(sandbox, [
      ...["--status", "127.0.0.1:0"],
      ...(log === "connections" ? ["--log", log] : []),
    ]);
    await exchange(relay, request("GET /") + request("GET /", "Authorization: Bearer old\r\n"));
    const { connections } = await (await fetch(`http://${relay.status}/`)).json();
    assertEquals(connections.refused.length, 1);
    const [{ client, ending, reason, target }] = connections.refused;
    assertEquals([ending, reason], ["client-not-allowed", "401, this token is not valid"]);
    assert(target, "the connection was carried until then");
    const text = await (await fetch(`http://${relay.status}/metrics`)).text();
    assertEquals(metric(text, 'connections_refused_total{reason="client-not-allowed"}'), 1);
    await relay.says(new RegExp(`${client}.*401, this token is not valid`));
  });
}

Deno.test("a request with a broken body counts as refused", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox);
  const chunked = `Authorization: Bearer ${TOKEN}\r\nTransfer-Encoding: chunked\r\n`;
  await exchange(relay, request("POST /", chunked, "nonsense\r\n")).catch(() => {});
  await relay.says(/refused a connection from 127\.0\.0\.1:[0-9]+: 400, an invalid chunk size/);
});
