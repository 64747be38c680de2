import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeSandbox, run, type Sandbox } from "../support/mod.ts";
import { startRelay } from "./support.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const attempt = (sandbox: Sandbox, ...args: string[]) =>
  run(shared, sandbox, { args: ["relay", "--self-signed", ...args] });

Deno.test("--to takes a Unix socket: an address, a port or a URL is a usage error that says so", async () => {
  await using sandbox = await makeSandbox();
  const texts = ["127.0.0.1:8080", "localhost:3000", "8080", "[::1]:80", "http://a/", "unix:/x"];
  for (const text of texts) {
    for (const target of [["--to", text], ["--route", `a.example=${text}`]]) {
      const result = await attempt(sandbox, "--listen", "127.0.0.1:0", ...target);
      assertEquals(result.code, 2, text);
      assertStringIncludes(
        result.stderr,
        `${target[0]} takes the path of a Unix socket, not "${text}"`,
      );
      assertStringIncludes(result.stderr, "code-server --socket PATH");
    }
  }
});

Deno.test("names that can never match are usage errors", async () => {
  await using sandbox = await makeSandbox();
  const listen = ["--listen", "127.0.0.1:0"];
  const clients = [...listen, "--to", "/x.sock", "--client-ca", "ca.pem"];
  const expected: [string[], string][] = [
    [[...clients, "--allow-san", "a.example"], '--allow-san "a.example": not TYPE:NAME'],
    [[...clients, "--allow-cn", " "], "--allow-cn is empty"],
    [
      [...listen, "--route", "10.0.0.1=/x.sock"],
      "a host name cannot have a port or be an IP address",
    ],
    [[...listen, "--route", "a=/x.sock", "--route", "A=/y.sock"], "--route names a twice"],
  ];
  for (const [args, message] of expected) {
    const result = await attempt(sandbox, ...args);
    assertEquals(result.code, 2, result.stderr);
    assertStringIncludes(result.stderr, message);
  }
});

Deno.test("--listen :PORT listens on every address and is refused unless clients are authenticated", async () => {
  await using sandbox = await makeSandbox();
  const args = ["--listen", ":0", "--to", sandbox.path("x.sock")];
  const refused = await attempt(sandbox, ...args);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, "0.0.0.0 can be reached from other machines");
  const relay = await startRelay(sandbox, [...args, "--self-signed", "--unauthenticated"]);
  assertMatch(relay.address, /^0\.0\.0\.0:[0-9]+$/);
});

Deno.test("--status :PORT is a usage error because the status has no authentication", async () => {
  await using sandbox = await makeSandbox();
  const listen = ["--listen", "127.0.0.1:0", "--to", "/x.sock"];
  const result = await attempt(sandbox, ...listen, "--status", ":9100");
  assertEquals(result.code, 2);
  assertStringIncludes(result.stderr, "write 127.0.0.1:9100, or 0.0.0.0:9100");
});
