import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  compiled,
  limited,
  listenFull,
  makeSandbox,
  run,
  type Sandbox,
  sharedFolder,
  startStranger,
  until,
  untilTaken,
  withStranger,
} from "../support/mod.ts";
import { connect, encode, metric, readText, serveUnix, startRelay, writeAll } from "./support.ts";

/** Switching users and changing the owner of files require root. */
const asRoot = { ignore: Deno.uid() !== 0 };
const OTHER = 12345;

Deno.test({
  ...asRoot,
  name: "another user's socket is not used as a target unless --allow-owner allows it",
  async fn() {
    await using sandbox = await makeSandbox();
    const socket = sandbox.path("target.sock");
    let connections = 0;
    serveUnix(sandbox, socket, async (conn) => {
      connections++;
      await writeAll(conn, encode("here"));
    });
    await Deno.chown(socket, OTHER, OTHER);
    const relay = await startRelay(sandbox, ["--to", socket, "--status", "127.0.0.1:0"]);
    using conn = await connect(relay);
    await assertRejects(() => conn.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
    await relay.says(/target\.sock belongs to another user/);
    const health = await fetch(`http://${relay.status}/healthz`);
    await health.body?.cancel();
    assertEquals([health.status, connections], [503, 0]);
    const allowed = await startRelay(sandbox, ["--to", socket, "--allow-owner", String(OTHER)]);
    using other = await connect(allowed);
    assertEquals(await readText(other, 4), "here");
  },
});

Deno.test({
  ...withStranger,
  name:
    "a request that waits for a busy target does not go to another user who takes over its path",
  async fn() {
    await using sandbox = await makeSandbox();
    const folder = await sharedFolder(sandbox);
    const [socket, theirs] = [`${folder}/target.sock`, `${folder}/theirs.sock`];
    sandbox.defer(await listenFull(socket));
    const stranger = await startStranger(sandbox, ["take", theirs]);
    await untilTaken(theirs);
    const relay = await startRelay(sandbox, ["--to", socket, "--status", "127.0.0.1:0"]);
    using conn = await connect(relay);
    await writeAll(conn, encode("GET / HTTP/1.1\r\nCookie: secret\r\n\r\n"));
    await until("the relay tries the target", async () => {
      const text = await (await fetch(`http://${relay.status}/metrics`)).text();
      return metric(text, "handshake_seconds_count") === 1;
    });
    // An atomic rename, so that no attempt finds the name free.
    await Deno.rename(theirs, socket);
    await assertRejects(() => conn.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
    await relay.says(/target\.sock belongs to another user/);
    await stranger.stop();
    assertEquals(stranger.received.join(""), "");
  },
});

/** The error message of a relay that cannot start. */
async function refusalOf(sandbox: Sandbox, ...args: string[]): Promise<string> {
  const { code, stderr } = await run(limited(compiled), sandbox, { args: ["relay", ...args] });
  assertEquals(code, 1, stderr);
  return stderr;
}

Deno.test("a file at the path of a relay's socket is left unchanged", async () => {
  await using sandbox = await makeSandbox();
  const file = sandbox.path("notes");
  await Deno.writeTextFile(file, "precious");
  const forward = ["--listen", "127.0.0.1:0", "--self-signed", "--to", sandbox.path("x.sock")];
  for (
    const args of [
      ["connect", "--listen", file, "--to", "127.0.0.1:1"],
      [...forward, "--status", `unix:${file}`],
      [...forward, "--workers", "2", "--status", `unix:${file}`],
    ]
  ) {
    assertStringIncludes(await refusalOf(sandbox, ...args), `${file} exists and is not a socket`);
    assertEquals(await Deno.readTextFile(file), "precious");
  }
});

Deno.test("--status does not replace a socket with a listener", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("status.sock");
  serveUnix(sandbox, socket, (conn) => writeAll(conn, encode("still here")));
  const refusal = await refusalOf(
    sandbox,
    ...["--listen", "127.0.0.1:0", "--self-signed", "--to", sandbox.path("x.sock")],
    ...["--status", `unix:${socket}`],
  );
  assertStringIncludes(refusal, `another program listens on ${socket}`);
  using conn = await Deno.connect({ transport: "unix", path: socket });
  assertEquals(await readText(conn, 10), "still here");
});
