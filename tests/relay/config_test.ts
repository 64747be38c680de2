import { assertEquals, assertThrows } from "@std/assert";
import { checkExposure, type ForwardConfig, isLoopback } from "../../src/relay/config.ts";
import { SessionctlError } from "../../src/errors.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "127.1.2.3", "::1"];
const ELSEWHERE = [
  ...["0.0.0.0", "::", "10.0.0.1", "a.example", "1127.0.0.1", "::1.example", "::127.0.0.1"],
  ...["127.0.0.1.evil.example", "localhost.evil.example", "notlocalhost", "127.evil.example", ""],
];

Deno.test("only loopback addresses and their names count as loopback", () => {
  assertEquals(LOOPBACK.filter((name) => !isLoopback(name)), []);
  assertEquals(ELSEWHERE.filter(isLoopback), []);
});

const nobody = { allowCn: [], allowSan: [], allowOrigins: [], unauthenticated: false };
const config = (hostname: string, clients: Partial<ForwardConfig["clients"]>): ForwardConfig => ({
  direction: "forward",
  listen: { hostname, port: 8443 },
  target: { kind: "socket", path: "/x.sock" },
  allowOwners: [],
  clients: { ...nobody, ...clients },
  preface: false,
  balance: "connection",
});

Deno.test("listening to other machines needs a token, a client CA or the option that allows anybody", () => {
  for (
    const clients of [{ tokenPath: "t" }, { clientCaPath: "ca.pem" }, { unauthenticated: true }]
  ) {
    checkExposure(config("0.0.0.0", clients));
  }
  checkExposure(config("127.0.0.1", {}));
  // Allowed origins are no authentication: clients other than browsers send no origin.
  for (const clients of [{}, { allowOrigins: ["https://a.example"] }]) {
    assertThrows(() => checkExposure(config("0.0.0.0", clients)), SessionctlError);
  }
});
