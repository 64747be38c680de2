/** The filter of a subscriber of the hub. */
import { assertEquals } from "@std/assert";
import {
  type ChannelPeer,
  connectChannels,
  registryChannel,
  type SessionChange,
} from "../../src/ipc/mod.ts";
import { makeSandbox, type Sandbox } from "../support/mod.ts";
import { startHub } from "./support.ts";

async function connect(sandbox: Sandbox, path: string, context: string): Promise<ChannelPeer> {
  const peer = await connectChannels(path, context);
  sandbox.defer(() => peer.dispose());
  return peer;
}

Deno.test("a session that leaves the subscribed folder is reported as removed", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const client = registryChannel.client(await connect(sandbox, socketPath, "c"));
  const heard: SessionChange[] = [];
  client.onDidChangeSessions({ folder: "/home/ann/a" })((change) => heard.push(change));
  await client.add({ socketPath: "/tmp/a.sock", folders: ["/home/ann/a"] });
  await client.add({ socketPath: "/tmp/a.sock", folders: ["/elsewhere"] });
  await client.list();
  assertEquals(heard.map(({ type }) => type), ["added", "removed"]);
});

Deno.test("a folder that is a symlink stands for its target", async () => {
  await using sandbox = await makeSandbox();
  const { registry, socketPath } = await startHub(sandbox);
  await Deno.mkdir(sandbox.path("real"));
  await Deno.symlink(sandbox.path("real"), sandbox.path("link"));
  await registry.add({ socketPath: "/tmp/a.sock", folders: [sandbox.path("real/api")] });
  const client = registryChannel.client(await connect(sandbox, socketPath, "c"));
  for (const folder of [sandbox.path("link"), sandbox.path("link/api/"), sandbox.path("real")]) {
    const first = Promise.withResolvers<SessionChange>();
    client.onDidChangeSessions({ folder, snapshot: true })(first.resolve);
    const change = await first.promise;
    assertEquals(change.type === "snapshot" && change.sessions.length, 1, folder);
  }
});
