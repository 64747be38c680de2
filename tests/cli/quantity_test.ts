import { assertEquals, assertThrows } from "@std/assert";
import { formatAge, formatBytes, formatCount } from "../../src/cli/mod.ts";
import { parseDuration } from "../../src/cli/values.ts";

Deno.test("counts have thousands separators and a noun that agrees", () => {
  assertEquals([0, 999, 1000, 1234567].map((count) => formatCount(count)), [
    ...["0", "999", "1,000", "1,234,567"],
  ]);
  assertEquals([0, 1, 2, 1000].map((count) => formatCount(count, "session")), [
    ...["0 sessions", "1 session", "2 sessions", "1,000 sessions"],
  ]);
});

Deno.test("sizes use the unit that leaves few digits", () => {
  const sizes = [
    0,
    1,
    1023,
    1024,
    1536,
    10 * 1024,
    64 * 1024 ** 2,
    1.25 * 1024 ** 3,
    3 * 1024 ** 5,
  ];
  assertEquals(sizes.map(formatBytes), [
    ...["0 bytes", "1 byte", "1,023 bytes", "1 KiB", "1.5 KiB", "10 KiB", "64 MiB", "1.3 GiB"],
    "3072 TiB",
  ]);
});

Deno.test("durations are read and written in customary units", () => {
  assertEquals(["300ms", "2", "1.5m", "2h", "never"].map((text) => parseDuration(text, "--x")), [
    ...[300, 2000, 90_000, 7_200_000, Infinity],
  ]);
  const spans = [0, 999, 1000, 59_999, 60_000, 3_600_000, 86_400_000 * 400];
  assertEquals(spans.map(formatAge), ["now", "now", "1s", "59s", "1m", "1h", "400d"]);
});

Deno.test("a duration must be positive, and no longer than a timer can wait", () => {
  for (const text of ["0", "0ms", "-1s", "1w", "", "s", "1.s", "2147483648ms", "25d"]) {
    assertThrows(() => parseDuration(text, "--x"), Error, "--x is not a duration");
  }
  assertEquals(parseDuration("2147483647ms", "--x"), 2 ** 31 - 1);
});
