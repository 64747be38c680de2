import { assertEquals } from "@std/assert";
import { supervise } from "../../src/supervisor/mod.ts";
import { guardParentService } from "../../src/supervisor/protocol.ts";
import { listProcesses } from "../../src/platform/processes.ts";
import { compiled, makeSandbox, until } from "../support/mod.ts";
import { assertGoneInTime, PATIENCE_MS, shell } from "./support.ts";

Deno.test({
  name: "a parent that dies while its program is being started leaves no process behind",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const begun = Promise.withResolvers<number>();
    const guard = supervise({
      self: ["guard"],
      env: sandbox.env,
      handshake: () => ({
        ...shell("trap '' TERM; sleep 600; sleep 600"),
        env: {},
        clearEnv: false,
        spareSessions: false,
        mark: crypto.randomUUID(),
      }),
      onPeer(peer) {
        guardParentService.serve(peer, {
          async started(pid) {
            const family = () => listProcesses().filter(({ session }) => session === pid);
            await until("the program's own child", () => family().length > 1, PATIENCE_MS);
            begun.resolve(pid);
            peer.dispose();
          },
          exited: () => Promise.resolve(),
        });
      },
    }, { program: compiled });
    const pid = await begun.promise;
    const family = listProcesses().filter(({ session }) => session === pid).map(({ pid }) => pid);
    assertEquals(family.includes(pid), true);
    await guard.ended;
    await assertGoneInTime(family);
  },
});
