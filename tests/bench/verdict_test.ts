import { assertEquals } from "@std/assert";
import { type Target, verdict } from "../../scripts/bench/lib/mod.ts";

const target = (value: number, rest: Partial<Target> = {}): Target => ({
  what: "against the best peer",
  bound: 1,
  sense: "at least",
  unit: "times",
  value,
  ...rest,
});

Deno.test("a verdict says by how much a target was missed, with the precision of the measurement", () => {
  assertEquals(verdict(target(1)), "met");
  assertEquals(verdict(target(0.73)), "missed by 0.27 times (27 %)");
  assertEquals(verdict(target(0.996)), "missed by 0.004 times (0.4 %)");
  assertEquals(verdict(target(0.999881)), "missed by less than 0.1 %");
  assertEquals(verdict(target(1.5, { sense: "at most" })), "missed by 0.5 times (50 %)");
});

Deno.test("a verdict names the second comparison only if that alone holds", () => {
  const otherwise = (value?: number) =>
    target(value ?? 0, { what: "against the minimal relay", bound: 0.95, value });
  assertEquals(verdict(target(1, { otherwise: otherwise(0.96) })), "met");
  assertEquals(
    verdict(target(0.9, { otherwise: otherwise(0.96) })),
    "met against the minimal relay",
  );
  assertEquals(
    verdict(target(0.9, { otherwise: otherwise(0.94) })),
    "missed by 0.1 times (10 %)",
  );
  assertEquals(verdict(target(0.9, { otherwise: otherwise() })), "missed by 0.1 times (10 %)");
});
