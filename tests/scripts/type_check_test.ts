import { assertEquals } from "@std/assert";
import { checkIfChanged } from "../../scripts/test/type_check.ts";
import { makeSandbox } from "../support/mod.ts";

Deno.test("the type check runs again after a failure, and after each change of a file", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("src/inner"), { recursive: true });
  const file = sandbox.path("src/inner/a.ts");
  await Deno.writeTextFile(file, "export {};\n");
  let correct = false;
  const check = () =>
    checkIfChanged(sandbox.directory, "build/checked.txt", () => Promise.resolve(correct));
  assertEquals([await check(), await check()], [false, false]);
  correct = true;
  assertEquals([await check(), await check()], [true, "unchanged"]);

  await Deno.utime(file, 1, 1);
  assertEquals([await check(), await check()], [true, "unchanged"]);
  await Deno.rename(file, sandbox.path("src/inner/b.ts"));
  assertEquals([await check(), await check()], [true, "unchanged"]);
  await Deno.remove(sandbox.path("src/inner"), { recursive: true });
  assertEquals([await check(), await check()], [true, "unchanged"]);
});

Deno.test("a file that changes during the type check is checked the next time", async () => {
  await using sandbox = await makeSandbox();
  const file = sandbox.path("main.ts");
  await Deno.writeTextFile(file, "");
  let text = "1;\n";
  const check = () =>
    checkIfChanged(sandbox.directory, "build/checked.txt", async () => {
      if (text !== "") await Deno.writeTextFile(file, text);
      text = "";
      return true;
    });
  assertEquals([await check(), await check(), await check()], [true, true, "unchanged"]);
});
