/** An idle server sleeps: it wakes up less than once a second. */
import { assert } from "@std/assert";
import { makeSandbox, startEditor, wakeUps } from "../support/mod.ts";
import { register, startServer } from "./serve_support.ts";

const SECONDS = 12;

Deno.test({
  name: "an idle server with a session wakes up at most once a second",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const server = await startServer(sandbox, { args: ["--prune-interval", "30s"] });
    const editor = await startEditor(sandbox);
    await register(server.socket, editor.socketPath, "/work");
    const count = await wakeUps(server.child.pid, SECONDS);
    assert(count <= SECONDS, `it woke up ${count} times in ${SECONDS} s`);
  },
});
