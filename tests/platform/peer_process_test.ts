import { assertEquals } from "@std/assert";
import { listenerPid } from "../../src/platform/peer_process.ts";
import { makeSandbox, type Sandbox, spawn, until } from "../support/mod.ts";

const LISTEN = `Deno.listen({ transport: "unix", path: Deno.args[0] }); console.log("listens");
  setInterval(() => {}, 1000);`;

async function listenAt(sandbox: Sandbox, path: string): Promise<number> {
  const listener = spawn(sandbox, Deno.execPath(), ["eval", "--quiet", LISTEN, path]);
  await until("it listens", () => listener.lines.includes("listens"), 20_000);
  return listener.child.pid;
}

// A library stays loaded: loaded here, no test is taken to have left it behind.
if (Deno.build.os !== "windows") {
  await using sandbox = await makeSandbox();
  using _listener = Deno.listen({ transport: "unix", path: sandbox.path("own.sock") });
  await listenerPid(sandbox.path("own.sock"));
}

Deno.test("who listens is told of each socket, however many are asked at once", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using sandbox = await makeSandbox();
  const paths = [sandbox.path("run/a.sock"), sandbox.path("run/b.sock")];
  const pids = await Promise.all(paths.map((path) => listenAt(sandbox, path)));
  for (let round = 0; round < 50; round++) {
    const several = [...paths, ...paths.toReversed()];
    const found = await Promise.all(several.map(listenerPid));
    assertEquals(found, [...pids, ...pids.toReversed()]);
  }
});
