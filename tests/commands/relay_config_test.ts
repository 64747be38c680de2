import { assertEquals, assertThrows } from "@std/assert";
import type { Settings } from "../../src/cli/arguments.ts";
import { parseArguments } from "../../src/cli/parse.ts";
import { command as relay } from "../../src/commands/relay/mod.ts";
import { connectConfig, relayConfig } from "../../src/commands/relay/config.ts";
import { command as connect } from "../../src/commands/relay/connect.ts";
import type { ConnectArguments, RelayArguments } from "../../src/commands/relay/options.ts";
import { SessionctlError } from "../../src/errors.ts";

const CONTEXT = { socket: undefined, verbose: false };

function read(words: readonly string[], settings?: Settings) {
  const isConnect = words[0] === "connect";
  const { spec } = isConnect ? connect : relay;
  const { typed } = parseArguments(isConnect ? words.slice(1) : words, spec, settings);
  return isConnect
    ? connectConfig(typed as unknown as ConnectArguments, CONTEXT)
    : relayConfig(typed as unknown as RelayArguments, CONTEXT);
}

const LISTEN = ["--listen", "127.0.0.1:8443"];
const FORWARD = [...LISTEN, "--self-signed"];
const TO = [...FORWARD, "--to", "/x.sock"];
const CONNECT = ["connect", "--listen", "/near.sock", "--to", "far.example:8443"];

const nonsense: readonly (readonly [args: readonly string[], message: string])[] = [
  [["--to", "/x.sock", "--self-signed"], "relay needs --listen"],
  [[...LISTEN, "--to", "/x.sock"], "relay needs one of --cert and --self-signed"],
  [[...LISTEN, "--to", "/x.sock", "--cert", "c.pem"], "--cert needs --key"],
  [[...LISTEN, "--to", "/x.sock", "--key", "k.pem"], "--key needs --cert"],
  [[...TO, "--key", "k.pem"], "--key and --self-signed cannot be used together"],
  [[...TO, "--session", "/x"], "--to and --session cannot be used together"],
  [FORWARD, "relay needs one of --to, --session and --route"],
  [[...FORWARD, "--route", "=/x.sock"], "--route is not NAME=SOCKET"],
  [[...FORWARD, "--route", "a.example"], "--route is not NAME=SOCKET"],
  [[...TO, "--allow-cn", "ann"], "--allow-cn needs --client-ca"],
  [[...TO, "--allow-san", "DNS:a.example"], "--allow-san needs --client-ca"],
  [[...TO, "--workers", "257"], "--workers is out of range"],
  [[...TO, "--workers", "3", "--max-connections", "2"], "must let each worker have one"],
  [[...TO, "--max-connections", "0"], "--max-connections is out of range"],
  [[...TO, "--workers", "1.5"], "--workers is not a whole number"],
  [[...TO, "--allow-owner", "12x"], "--allow-owner is not a user id"],
  [[...TO, "--idle-timeout", "0"], "--idle-timeout is not a duration"],
  [["--self-signed", "--to", "/x.sock", "--listen", "8443"], "--listen is not an address"],
  [["--self-signed", "--to", "/x.sock", "--listen", ":65536"], "--listen is not an address"],
  [["--self-signed", "--to", "/x.sock", "--listen", "::1:80"], "--listen is not an address"],
  [["--self-signed", "--to", "/x.sock", "--listen", "unix:/x"], "--listen is not an address"],
  [[...TO, "--check-path", "/healthz"], "--check-path needs --status"],
  [CONNECT.slice(0, 3), "relay connect needs --to"],
  [[...CONNECT, "--client-cert", "c.pem"], "--client-cert needs --client-key"],
  [[...CONNECT, "--client-key", "k.pem"], "--client-key needs --client-cert"],
];

for (const [args, message] of nonsense) {
  Deno.test(`relay ${args.join(" ")}: ${message}`, () => {
    const error = assertThrows(() => read(args), SessionctlError, message);
    assertEquals(error.code, "USAGE");
  });
}

Deno.test("client names in the config file without the CA that they require are an error", () => {
  const settings: Settings = new Map([["allow-cn", { value: ["ann"] }]]);
  assertThrows(() => read(TO, settings), SessionctlError, "--allow-cn needs --client-ca");
});

Deno.test("a limit of never is omitted", () => {
  const given = ["--handshake-timeout", "never", "--idle-timeout", "1m", "--max-connections", "7"];
  assertEquals(read([...TO, ...given]).limits, {
    maxConnections: 7,
    connectMs: 5000,
    idleMs: 60_000,
    shutdownMs: 30_000,
  });
});

Deno.test("options that are not given have their defaults", () => {
  const limits = { handshakeMs: 10_000, connectMs: 5000, shutdownMs: 30_000 };
  const forward = read(TO);
  assertEquals([forward.limits, forward.workers, forward.alpn], [limits, 1, ["http/1.1"]]);
  const reverse = read(CONNECT);
  assertEquals([reverse.limits, reverse.workers, reverse.alpn], [limits, 1, ["http/1.1"]]);
  assertEquals(reverse.direction === "reverse" && [reverse.listenPath, reverse.connect], [
    "/near.sock",
    { hostname: "far.example", port: 8443 },
  ]);
});

Deno.test("the application protocols are the named ones, or none", () => {
  assertEquals((read(TO)).alpn, ["http/1.1"]);
  assertEquals((read([...TO, "--alpn", "h2", "--alpn", "http/1.1"])).alpn, [
    "h2",
    "http/1.1",
  ]);
  assertEquals((read([...TO, "--alpn", "none"])).alpn, []);
});

Deno.test("routes have lower-case names, up to the first equals sign", () => {
  const config = read([...FORWARD, "--route", "A.Example=/a=b.sock", "--route", "b=/c.sock"]);
  assertEquals(config.direction === "forward" && config.target, {
    kind: "routes",
    routes: { "a.example": "/a=b.sock", "b": "/c.sock" },
  });
});

Deno.test("an address to listen on may omit the host, and has IPv6 in brackets", () => {
  const listen = (address: string) => {
    const config = read(["--self-signed", "--to", "/x.sock", "--listen", address]);
    return config.direction === "forward" && config.listen;
  };
  assertEquals(listen(":0"), { hostname: "0.0.0.0", port: 0 });
  assertEquals(listen("[::1]:65535"), { hostname: "::1", port: 65535 });
  assertEquals(listen("a.example:1"), { hostname: "a.example", port: 1 });
});
