import { assertEquals, assertThrows } from "@std/assert";
import { SessionctlError } from "../../src/errors.ts";
import {
  alternativeNameMatches,
  hostMatches,
  parseAlternativeName,
  parseHostPattern,
} from "../../src/relay/credentials/name_patterns.ts";

const holds = (pattern: string, name: string) =>
  alternativeNameMatches(parseAlternativeName(pattern), name);

Deno.test("--allow-san matches a name in every spelling that its kind allows", () => {
  const pairs = [
    ["DNS:a.example", "DNS:A.Example"],
    ["dns:Münster.example", "DNS:xn--mnster-3ya.example"],
    ["IP:10.1.2.3", "IP:10.1.2.3"],
    ["IP Address:2001:DB8:0:0::1", "IP:2001:db8::1"],
    ["email:ann@Example.org", "email:ann@example.ORG"],
    ["URI:spiffe://ex/a", "URI:spiffe://ex/a"],
    ["URI:urn:x:y", "URI:urn:x:y"],
  ] as const;
  assertEquals(pairs.filter(([pattern, name]) => !holds(pattern, name)), []);
});

Deno.test("a DNS wildcard matches exactly one label", () => {
  const held = ["a.example", "A.EXAMPLE", "*.example", "example", "a.b.example", ".example"]
    .filter((name) => holds("DNS:*.example", `DNS:${name}`));
  assertEquals(held, ["a.example", "A.EXAMPLE", "*.example"]);
  assertEquals(holds("DNS:*.example", "DNS:a\0.example"), false);
  assertEquals(hostMatches("*.dev.example", "x.dev.example"), true);
  assertEquals(hostMatches("*.dev.example", "dev.example"), false);
});

Deno.test("a * in a URI matches exactly one path segment", () => {
  const held = ["ex/a", "ex/a/b", "ex/", "ex", "ex/..", "other/a", "ex/a?b", "ex/%2e"]
    .filter((rest) => holds("URI:spiffe://ex/*", `URI:spiffe://${rest}`));
  assertEquals(held, ["ex/a", "ex/%2e"]);
  assertEquals(holds("URI:spiffe://ex/*/web", "URI:spiffe://ex/a/web"), true);
  assertEquals(holds("URI:spiffe://ex/*/web", "URI:spiffe://ex/a/db"), false);
});

Deno.test("a name of one kind never matches a name of another kind", () => {
  assertEquals(holds("DNS:a.example", "URI:a.example"), false);
  assertEquals(holds("email:ann@a.example", "DNS:ann@a.example"), false);
});

Deno.test("names that cannot match any certificate are refused", () => {
  const names = [
    ...["a.example", "", "DNS:", "CN:a", "DNS:*", "DNS:a.*.example", "DNS:a*.example", "DNS:a b"],
    ...[
      "DNS:10.1.2.3",
      "DNS:a.example:443",
      "IP:10.1.2",
      "IP:010.1.2.3",
      "IP:a.example",
      "IP:::1::",
    ],
    ...["URI:spiffe://ex/a*", "URI:spiffe://*/a", "URI:/path", "URI:https://ex/a?b", "email:ann"],
  ];
  for (const name of names) {
    assertThrows(() => parseAlternativeName(name), SessionctlError, "--allow-san");
  }
  for (const name of ["10.0.0.1", "a.example:443", "[::1]", "*", "a.*.example", "a_/b", "a..b"]) {
    assertThrows(() => parseHostPattern(name, "--route"), SessionctlError, "--route");
  }
});

Deno.test("host names are compared without regard to case and a trailing dot", () => {
  assertEquals(parseHostPattern("Dev.Example.", "--route"), "dev.example");
  assertEquals(parseHostPattern("*.Dev.Example", "--route"), "*.dev.example");
  assertEquals(parseHostPattern("localhost", "--route"), "localhost");
});
