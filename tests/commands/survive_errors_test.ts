/** Long-running processes survive an uncaught error. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { makeSandbox, type Sandbox, source, spawn, until } from "../support/mod.ts";

/** The source with a preloaded module that throws in every possible way on each SIGWINCH. */
const throwing = [
  ...source.args.slice(0, -1),
  ...["--preload", fromFileUrl(import.meta.resolve("./throwing.ts"))],
  ...source.args.slice(-1),
];

/** Starts a server and makes it throw. @returns its output; fails if the server ends. */
async function outlives(
  sandbox: Sandbox,
  args: readonly string[],
  isReady: (lines: readonly string[]) => boolean,
): Promise<string> {
  const running = spawn(sandbox, source.command, [...throwing, ...args]);
  const { errors, lines } = running;
  let code: number | undefined;
  running.ended.then((ended) => code = ended);
  const all = () => [...lines, ...errors].join("\n");
  await until(() => `it is ready: ${all()}`, () => isReady([...lines, ...errors]));
  running.child.kill("SIGWINCH");
  for (const type of ["TypeError: timer", "RangeError: promise", "string: a text"]) {
    await until(
      () => `"${type}" is told: ${all()}`,
      () => code !== undefined || errors.some((line) => line.includes(type)),
    );
  }
  assertEquals(code, undefined, all());
  assertEquals(await running.stop("SIGTERM"), 0, all());
  return errors.join("\n");
}

const listens = (lines: readonly string[]) => lines.some((line) => line.includes("listening on"));

Deno.test("serve continues after an uncaught error, and logs it", async () => {
  await using sandbox = await makeSandbox();
  const said = await outlives(sandbox, ["serve"], listens);
  assert(/internal error, continuing: TypeError: timer \(throwing\.ts:[0-9]+:[0-9]+\)/.test(said));
  // Of a hundred errors from one place, the first is logged, and then their number.
  assertEquals(said.match(/string: a text/g)?.length, 2, said);
  assert(said.includes("string: a text (99 times)"), said);
});

Deno.test("relay continues after an uncaught error, and logs it", async () => {
  await using sandbox = await makeSandbox();
  const args = ["relay", "--listen", "127.0.0.1:0", "--self-signed", "--to", "/none.sock"];
  await outlives(sandbox, args, listens);
});

Deno.test("run continues after an uncaught error, and logs it", async () => {
  await using sandbox = await makeSandbox();
  const running = spawn(sandbox, source.command, [
    ...throwing,
    ...["run", "--", "sh", "-c", "echo ready; trap 'exit 0' TERM; while :; do sleep 0.1; done"],
  ]);
  await until("it is ready", () => running.lines.includes("ready"));
  running.child.kill("SIGWINCH");
  await until(
    () => `it is told: ${running.errors.join("\n")}`,
    () => running.errors.some((line) => line.includes("RangeError: promise")),
  );
  assertEquals(await running.stop("SIGTERM"), 0, running.errors.join("\n"));
});
