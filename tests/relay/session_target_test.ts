import { assertEquals, assertRejects } from "@std/assert";
import { RegistryClient } from "../../src/registry/mod.ts";
import { compiled, makeSandbox, startEditor } from "../support/mod.ts";
import {
  closeQuietly,
  connect,
  echo,
  encode,
  eventually,
  readText,
  serveUnix,
  startRelay,
  writeAll,
} from "./support.ts";

Deno.test("--session follows the live session that contains the path, then the last session's relay socket, never an editor socket", async () => {
  await using sandbox = await makeSandbox();
  const folder = sandbox.path("home", "api");
  await Deno.mkdir(folder);
  const socket = sandbox.path("run", "registry.sock");
  const registry = new Deno.Command(compiled.command, {
    args: ["serve", "--socket", socket],
    env: sandbox.env,
    clearEnv: true,
    stdout: "null",
    stderr: "null",
  }).spawn();
  sandbox.defer(async () => {
    try {
      registry.kill();
    } catch { /* It has already ended. */ }
    await registry.status;
  });
  const client = new RegistryClient({ socket, timeoutMs: 20_000 });
  await eventually("the registry answers", () => client.canConnect());
  const relay = await startRelay(sandbox, ["--session", folder, "--socket", socket]);
  const refused = async () => {
    using conn = await connect(relay);
    // If the relay reached a target, the read would return an answer or a clean end.
    // The reset may fail the write instead of the read, so one assertion covers both.
    await assertRejects(async () => {
      await conn.write(encode("x"));
      await conn.read(new Uint8Array(1));
    });
  };
  await refused();
  await relay.says(/no live session for \S+ has a relay socket/);
  /** Starts an editor: its editor socket, and the socket on which it serves HTTP. */
  const editor = async (name: string, withRelaySocket: boolean) => {
    const socketPath = sandbox.path("run", `${name}.sock`);
    const relaySocket = sandbox.path("run", `${name}-http.sock`);
    const cli = await startEditor(sandbox, { socketPath });
    const http = serveUnix(sandbox, relaySocket, async (conn) => {
      await writeAll(conn, encode(name));
      await echo(conn);
    });
    await client.addSession({
      socketPath,
      workspace: { id: name, folders: [{ uri: { path: folder } }] },
      ...(withRelaySocket ? { relaySocket } : {}),
    });
    const closeHttp = () => closeQuietly(http);
    return Object.assign(() => (closeHttp(), cli.die()), { closeHttp });
  };
  const heard = async () => {
    using conn = await connect(relay);
    return await readText(conn, 5);
  };
  const closeCli = await editor("plain", false);
  await refused();
  // A session that names another window's editor socket as its relay socket, in two spellings.
  const victim = await editor("victim", false);
  for (const relaySocket of ["victim.sock", "../run/victim.sock"]) {
    await client.addSession({
      socketPath: sandbox.path("run", "plain.sock"),
      workspace: { id: "plain", folders: [{ uri: { path: folder } }] },
      relaySocket: `${sandbox.path("run")}/${relaySocket}`,
    });
    await refused();
  }
  closeCli();
  victim();
  await client.deleteSession(sandbox.path("run", "plain.sock"));
  await client.deleteSession(sandbox.path("run", "victim.sock"));
  const closeFirst = await editor("first", true);
  assertEquals(await heard(), "first");
  // The editor restarts with new socket names; the relay gets no notice.
  closeFirst();
  const closeAgain = await editor("again", true);
  assertEquals(await heard(), "again");
  // The first session still counts as live for a moment; afterwards "again" is the only one.
  await eventually("the first is pruned", async () => {
    await client.prune();
    return (await client.list()).length === 1;
  });
  // A newer window whose server has ended does not block the older one.
  const closeDeserted = await editor("later", true);
  closeDeserted.closeHttp();
  assertEquals(await heard(), "again");
  closeDeserted();
  await client.deleteSession(sandbox.path("run", "later.sock"));
  // With workers, the process that serves the status knows the target only from its own probes.
  const probed = await startRelay(sandbox, [
    ...["--self-signed", "--session", folder, "--socket", socket],
    ...["--workers", "2", "--status", "127.0.0.1:0"],
  ]);
  const health = async () => {
    const answer = await fetch(`http://${probed.status}/healthz`);
    await answer.body?.cancel();
    return answer.status;
  };
  await eventually("it is healthy", async () => await health() === 200);
  // The window has ended, as after a page reload; the editor continues to serve.
  await client.deleteSession(sandbox.path("run", "again.sock"));
  assertEquals(await heard(), "again");
  await eventually("it is healthy", async () => await health() === 200);
  // The relay still reaches the editor when no registry answers.
  registry.kill();
  await registry.status;
  assertEquals(await heard(), "again");
  closeAgain();
  await refused();
  assertEquals(await health(), 503);
});
