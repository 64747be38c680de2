import { assertEquals, assertRejects } from "@std/assert";
import { probeEditor, sendToEditor } from "../../src/editor/mod.ts";
import { SessionctlError } from "../../src/platform/mod.ts";
import { makeSandbox, startEditor } from "../support/mod.ts";

Deno.test("an editor that answers is live, and nothing happened in it", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  assertEquals(await probeEditor(editor.socketPath), "live");
  assertEquals(editor.messages, []);
  assertEquals(editor.probes, 1);
});

Deno.test("an editor that refuses everything is live all the same", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startEditor(sandbox, { behaviour: "refuse" });
  assertEquals(await probeEditor(socketPath), "live");
});

Deno.test("a socket nobody listens on, a missing one and a plain file are dead", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  await editor.die();
  assertEquals((await Deno.lstat(editor.socketPath)).isSocket, true);
  assertEquals(await probeEditor(editor.socketPath), "dead");
  assertEquals(await probeEditor(sandbox.path("missing.sock")), "dead");
  await Deno.writeTextFile(sandbox.path("file.sock"), "");
  assertEquals(await probeEditor(sandbox.path("file.sock")), "dead");
});

for (const behaviour of ["hang", "garbage", "close", "truncate"] as const) {
  Deno.test(`a peer that accepts and then does "${behaviour}" is unresponsive`, async () => {
    await using sandbox = await makeSandbox();
    const { socketPath } = await startEditor(sandbox, { behaviour });
    assertEquals(await probeEditor(socketPath, { timeoutMs: 100 }), "unresponsive");
  });
}

Deno.test({
  name: "another user's socket is not even connected to, unless its owner is allowed",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using sandbox = await makeSandbox();
    const editor = await startEditor(sandbox);
    await Deno.chown(editor.socketPath, 4242, 4242);
    assertEquals(await probeEditor(editor.socketPath), "forbidden");
    assertEquals(editor.probes, 0);
    assertEquals(await probeEditor(editor.socketPath, { allowOwners: [4242] }), "live");
    const send = (allowOwners?: number[]) =>
      sendToEditor(editor.socketPath, { type: "status" }, { allowOwners });
    await assertRejects(() => send(), SessionctlError, "belongs to another user");
    assertEquals(editor.messages, []);
    await send([4242]);
    assertEquals(editor.messages.length, 1);
  },
});
