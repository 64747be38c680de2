import { assertEquals } from "@std/assert";
import { resolve } from "@std/path";
import { makeSandbox, source, spawn } from "../../support/mod.ts";

Deno.test("a server moves to another socket when no descriptor is left to check with", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using sandbox = await makeSandbox();
  const script = resolve(import.meta.dirname!, "moving_process.ts");
  const { lines, errors, ended } = spawn(sandbox, "sh", [
    "-c",
    'ulimit -n 128 && exec "$0" "$@"',
    source.command,
    ...source.args.slice(0, -1),
    script,
    sandbox.path("run", "a.sock"),
    sandbox.path("run", "b.sock"),
  ]);
  const code = await ended;
  assertEquals({ code, lines, errors }, { code: 0, lines: ["200"], errors: [] });
});
