import { assertEquals, assertRejects } from "@std/assert";
import type { Settings } from "../../src/cli/arguments.ts";
import { parseArguments } from "../../src/cli/parse.ts";
import { command } from "../../src/commands/relay.ts";
import { relayConfig } from "../../src/commands/relay_config.ts";
import { SessionctlError } from "../../src/errors.ts";

async function read(args: readonly string[], settings?: Settings) {
  return relayConfig(await parseArguments(args, command.spec, settings), undefined, false);
}

const LISTEN = ["--listen", "127.0.0.1:8443"];
const FORWARD = [...LISTEN, "--self-signed"];
const TO = [...FORWARD, "--to", "/x.sock"];
const REVERSE = ["--listen", "unix:/near.sock", "--connect", "far.example:8443"];

const nonsense: readonly (readonly [args: readonly string[], message: string])[] = [
  [["--to", "/x.sock", "--self-signed"], "relay needs --listen"],
  [[...LISTEN, "--to", "/x.sock"], "relay needs --cert and --key"],
  [[...LISTEN, "--to", "/x.sock", "--cert", "c.pem"], "relay needs --cert and --key"],
  [[...LISTEN, "--to", "/x.sock", "--key", "k.pem"], "relay needs --cert and --key"],
  [FORWARD, "relay needs one of --to, --session and --route"],
  [[...FORWARD, "--route", "=/x.sock"], "--route is not NAME=SOCKET"],
  [[...FORWARD, "--route", "a.example"], "--route is not NAME=SOCKET"],
  [[...TO, "--allow-cn", "ann"], "--allow-cn and --allow-san need --client-ca"],
  [[...TO, "--allow-san", "DNS:a.example"], "--allow-cn and --allow-san need --client-ca"],
  [[...TO, "--workers", "257"], "--workers is at most 256"],
  [[...TO, "--workers", "3", "--max-connections", "2"], "must let each worker have one"],
  [[...TO, "--max-connections", "0"], "--max-connections is not a number from 1 on"],
  [[...TO, "--workers", "1.5"], "--workers is not a number from 1 on"],
  [[...TO, "--allow-owner", "12x"], "--allow-owner is not a user id"],
  [[...TO, "--idle-timeout", "0"], "--idle-timeout is not a duration"],
  [["--self-signed", "--to", "/x.sock", "--listen", "8443"], "--listen is not an address"],
  [["--self-signed", "--to", "/x.sock", "--listen", ":65536"], "--listen is not an address"],
  [["--self-signed", "--to", "/x.sock", "--listen", "::1:80"], "--listen is not an address"],
  [[...TO, "--connect", "far.example:1"], "--connect means nothing without --listen unix:PATH"],
  [REVERSE.slice(0, 2), "relay needs --connect"],
  [[...REVERSE, "--client-cert", "c.pem"], "--client-cert and --client-key go together"],
  [[...REVERSE, "--client-key", "k.pem"], "--client-cert and --client-key go together"],
  ...["--self-signed", "--unauthenticated"].map((flag) =>
    [[...REVERSE, flag], `${flag} means nothing with --listen unix:PATH`] as const
  ),
  ...[
    ...["cert", "key", "to", "session", "route", "preface", "proxy-protocol", "client-ca"],
    ...["allow-cn", "allow-san", "token-file", "allow-origin", "allow-owner", "workers"],
  ].map((name) => {
    const value = { preface: "uuid", "proxy-protocol": "v1" }[name] ?? "1";
    return [[...REVERSE, `--${name}`, value], `--${name} means nothing with`] as const;
  }),
];

for (const [args, message] of nonsense) {
  Deno.test(`relay ${args.join(" ")}: ${message}`, async () => {
    const error = await assertRejects(() => read(args), SessionctlError, message);
    assertEquals(error.code, "USAGE");
  });
}

Deno.test("what the file says of the other direction means nothing in this one", async () => {
  const settings: Settings = new Map([
    ["connect", { value: ["far.example:1"] }],
    ["to", { value: ["/x.sock"] }],
    ["unauthenticated", { value: true }],
    ["workers", { value: ["2"] }],
  ]);
  const forward = await read(FORWARD, settings);
  assertEquals(forward.direction === "forward" && forward.target, {
    kind: "socket",
    path: "/x.sock",
  });
  assertEquals(forward.workers, 2);
  const reverse = await read(REVERSE, settings);
  assertEquals([reverse.direction, reverse.workers], ["reverse", 1]);
});

Deno.test("the application protocols are those that are named, or none", async () => {
  assertEquals((await read(TO)).alpn, ["http/1.1"]);
  assertEquals((await read([...TO, "--alpn", "h2", "--alpn", "http/1.1"])).alpn, [
    "h2",
    "http/1.1",
  ]);
  assertEquals((await read([...TO, "--alpn", "none"])).alpn, []);
});

Deno.test("routes are by name in lower case, up to the first equals sign", async () => {
  const config = await read([...FORWARD, "--route", "A.Example=/a=b.sock", "--route", "b=/c.sock"]);
  assertEquals(config.direction === "forward" && config.target, {
    kind: "routes",
    routes: { "a.example": "/a=b.sock", "b": "/c.sock" },
  });
});

Deno.test("an address to listen on may leave the host out, and has IPv6 in brackets", async () => {
  const listen = async (address: string) => {
    const config = await read(["--self-signed", "--to", "/x.sock", "--listen", address]);
    return config.direction === "forward" && config.listen;
  };
  assertEquals(await listen(":0"), { hostname: "0.0.0.0", port: 0 });
  assertEquals(await listen("[::1]:65535"), { hostname: "::1", port: 65535 });
  assertEquals(await listen("a.example:1"), { hostname: "a.example", port: 1 });
});
