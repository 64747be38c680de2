import { assertEquals } from "@std/assert";
import { messageOf } from "../../src/errors.ts";

Deno.test("every thrown value has a readable message", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const cases: [unknown, string][] = [
    [new RangeError("too far"), "too far"],
    ["text", "text"],
    [undefined, "undefined"],
    [null, "null"],
    [7, "7"],
    [{ message: "not an Error" }, "not an Error"],
    [{ code: 7 }, '{"code":7}'],
    [["a"], '["a"]'],
    [Object.create(null), "{}"],
    [circular, "an object that refers to itself"],
  ];
  for (const [thrown, message] of cases) assertEquals(messageOf(thrown), message);
});
