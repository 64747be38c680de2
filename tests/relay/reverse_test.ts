import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run, type Sandbox } from "../support/mod.ts";
import {
  descriptorCount,
  echo,
  encode,
  eventually,
  makeCertificate,
  readAll,
  readText,
  type RunningRelay,
  serveUnix,
  startRelay,
  writeAll,
  writePair,
} from "./support.ts";

/** Starts a TLS relay and a `relay connect` that reaches it, with a Unix socket at each end. */
async function chain(
  sandbox: Sandbox,
  args: readonly string[],
): Promise<{ near: RunningRelay; path: string }> {
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  const pair = await makeCertificate();
  const far = await startRelay(sandbox, ["--to", socket], { pair });
  const path = sandbox.path("run", "near.in");
  const listen = ["connect", "--listen", path, "--to", `127.0.0.1:${far.port}`];
  return { near: await startRelay(sandbox, [...listen, ...args], { pair }), path };
}

Deno.test("a local Unix socket reaches a remote TLS relay, including half-close", async () => {
  await using sandbox = await makeSandbox();
  const { pair, ca } = { pair: await makeCertificate(), ca: sandbox.path("ca.pem") };
  await Deno.writeTextFile(ca, pair.cert);
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  const far = await startRelay(sandbox, ["--to", socket], { pair });
  const path = sandbox.path("run", "near.in");
  const near = await startRelay(sandbox, [
    ...["connect", "--listen", path, "--to", `127.0.0.1:${far.port}`],
    ...["--ca", ca, "--server-name", "localhost"],
  ]);
  const before = descriptorCount(near.pid);
  for (let i = 0; i < 3; i++) {
    const conn = await Deno.connect({ transport: "unix", path });
    await writeAll(conn, encode("there and back"));
    await conn.closeWrite();
    assertEquals(await readAll(conn), "there and back");
    conn.close();
  }
  await eventually("descriptors are free", () => descriptorCount(near.pid) <= before + 1);
  assertEquals((await Deno.lstat(path)).mode! & 0o777, 0o600);
  near.signal("SIGTERM");
  assertEquals((await near.ended).code, 0);
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
});

Deno.test("a server certificate of another CA or another name is refused", async () => {
  await using sandbox = await makeSandbox();
  const other = await writePair(sandbox, await makeCertificate(), "other");
  const { near, path } = await chain(sandbox, ["--ca", other.cert, "--server-name", "localhost"]);
  const conn = await Deno.connect({ transport: "unix", path });
  await conn.read(new Uint8Array(1)).catch(() => {});
  conn.close();
  await near.says(
    /refused a connection: cannot connect to 127\.0\.0\.1:[0-9]+: .*(UnknownIssuer|BadSignature)/,
  );
});

Deno.test("--ca replaces the system's root certificates", async () => {
  await using sandbox = await makeSandbox();
  const other = await writePair(sandbox, await makeCertificate({ name: "other" }), "other");
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  const far = await startRelay(sandbox, ["--to", socket]);
  const roots = sandbox.path("roots.pem");
  await Deno.writeTextFile(roots, far.cert);
  const speak = async (name: string, more: string[]) => {
    const path = sandbox.path("run", `${name}.in`);
    await startRelay(sandbox, [
      ...["connect", "--listen", path, "--to", `127.0.0.1:${far.port}`],
      ...["--server-name", "localhost", ...more],
    ], { env: { SSL_CERT_FILE: roots } });
    using conn = await Deno.connect({ transport: "unix", path });
    try {
      await writeAll(conn, encode("hello"));
      return await readText(conn, 5);
    } catch {
      return "refused";
    }
  };
  assertEquals(await speak("system", []), "hello");
  assertEquals(await speak("only", ["--ca", other.cert]), "refused");
});

Deno.test("a socket with a listener is not replaced", async () => {
  await using sandbox = await makeSandbox();
  const { near, path } = await chain(sandbox, ["--server-name", "localhost"]);
  const result = await run(compiled, sandbox, {
    args: ["relay", "connect", "--listen", path, "--to", "127.0.0.1:1"],
  });
  assertEquals(
    [result.code, result.stderr.includes("another program listens on")],
    [1, true],
    result.stderr,
  );
  near.signal("SIGTERM");
  await near.ended;
});

Deno.test("no file, not even a lock, is created in a folder that others may write to", async () => {
  await using sandbox = await makeSandbox();
  const shared = sandbox.path("shared");
  await Deno.mkdir(shared);
  await Deno.chmod(shared, 0o777);
  // A symlink that another user may have placed, so that the relay would write to its target.
  await Deno.writeTextFile(sandbox.path("precious"), "precious");
  await Deno.symlink(sandbox.path("precious"), `${shared}/in.sock.lock`);
  const result = await run(compiled, sandbox, {
    args: ["relay", "connect", "--listen", `${shared}/in.sock`, "--to", "127.0.0.1:1"],
  });
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "is open to others");
  assertEquals(await Deno.readTextFile(sandbox.path("precious")), "precious");
});

Deno.test("aborting one connection does not affect others to the same server", async () => {
  await using sandbox = await makeSandbox();
  const { path } = await chain(sandbox, [
    "--ca",
    sandbox.path("server.pem"),
    "--server-name",
    "localhost",
  ]);
  const open = () => Deno.connect({ transport: "unix", path });
  const conns = await Promise.all(Array.from({ length: 20 }, open));
  for (const conn of conns) {
    await writeAll(conn, encode("ab"));
    await conn.read(new Uint8Array(1));
  }
  // Half of them close with an unread byte, which is a reset.
  conns.forEach((conn, i) => i % 2 === 0 && conn.close());
  for (const conn of conns.filter((_, i) => i % 2 === 1)) {
    await writeAll(conn, encode("cd"));
    assertEquals(await readText(conn, 3), "bcd");
    conn.close();
  }
});

Deno.test("1,000 connections that end in resets do not affect the others", async () => {
  await using sandbox = await makeSandbox();
  const { path } = await chain(sandbox, [
    ...["--ca", sandbox.path("server.pem"), "--server-name", "localhost"],
  ]);
  let left = 1000;
  const client = async () => {
    while (left-- > 0) {
      const conn = await Deno.connect({ transport: "unix", path });
      await writeAll(conn, encode("ab"));
      assertEquals(await conn.read(new Uint8Array(1)), 1);
      // The connection closes with one unread byte, so the relay sees a reset.
      conn.close();
    }
  };
  await Promise.all(Array.from({ length: 32 }, client));
});

Deno.test("a server whose certificate has expired is refused, and the log says so", async () => {
  await using sandbox = await makeSandbox();
  const expired = await makeCertificate({ days: -1 });
  const ca = sandbox.path("ca.pem");
  await Deno.writeTextFile(ca, expired.cert);
  const server = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...expired });
  const accepting = (async () => {
    for await (const conn of server) {
      await conn.handshake().catch(() => {});
      conn.close();
    }
  })();
  sandbox.defer(async () => {
    server.close();
    await accepting;
  });
  const path = sandbox.path("run", "near.in");
  const { port } = server.addr as Deno.NetAddr;
  const near = await startRelay(sandbox, [
    ...["connect", "--listen", path, "--to", `127.0.0.1:${port}`],
    ...["--ca", ca, "--server-name", "localhost"],
  ]);
  const conn = await Deno.connect({ transport: "unix", path });
  await conn.read(new Uint8Array(1)).catch(() => {});
  conn.close();
  await near.says(/refused a connection: cannot connect to 127\.0\.0\.1:[0-9]+: .*[Ee]xpired/);
});

Deno.test("an expired client certificate of the relay is reported at start", async () => {
  await using sandbox = await makeSandbox();
  const own = await writePair(sandbox, await makeCertificate({ days: -1 }), "own");
  const path = sandbox.path("run", "near.in");
  const { code, stderr } = await run(compiled, sandbox, {
    args: [
      ...["relay", "connect", "--listen", path, "--to", "127.0.0.1:1"],
      ...["--client-cert", own.cert, "--client-key", own.key],
    ],
  });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "own.pem: expired on");
});
