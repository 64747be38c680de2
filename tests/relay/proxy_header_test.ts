import { assertEquals } from "@std/assert";
import { proxyHeader } from "../../src/relay/connect/proxy_header.ts";

const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

Deno.test("PROXY version 1 writes both address families as the specification defines them", () => {
  const v4 = proxyHeader("v1", { hostname: "192.0.2.1", port: 56324 }, {
    hostname: "192.0.2.2",
    port: 443,
  });
  assertEquals(text(v4), "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n");
  const v6 = proxyHeader("v1", { hostname: "2001:db8::1", port: 1 }, {
    hostname: "::1",
    port: 65535,
  });
  assertEquals(text(v6), "PROXY TCP6 2001:db8:0:0:0:0:0:1 0:0:0:0:0:0:0:1 1 65535\r\n");
});

Deno.test("an IPv4 client of an IPv6 listener is written as IPv4", () => {
  const header = proxyHeader("v1", { hostname: "::ffff:192.0.2.1", port: 7 }, {
    hostname: "::ffff:127.0.0.1",
    port: 8,
  });
  assertEquals(text(header), "PROXY TCP4 192.0.2.1 127.0.0.1 7 8\r\n");
});

Deno.test("PROXY version 2 has the signature, the length and the addresses in network byte order", () => {
  const header = proxyHeader("v2", { hostname: "2001:db8::1", port: 258 }, {
    hostname: "::1",
    port: 443,
  });
  assertEquals(header.length, 16 + 36);
  assertEquals([...header.subarray(12, 16)], [0x21, 0x21, 0, 36]);
  assertEquals([...header.subarray(48)], [1, 2, 1, 187]);
});
