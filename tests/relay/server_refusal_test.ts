import { assertEquals } from "@std/assert";
import { abortDescriptor } from "../../src/platform/ffi/libc.ts";
import { TcpDescriptors } from "../../src/platform/ffi/tcp_descriptors.ts";
import { makeSandbox, type Sandbox } from "../support/mod.ts";
import {
  encode,
  installed,
  makeAuthority,
  makeCertificate,
  metric,
  startRelay,
  writeAll,
  writePair,
} from "./support.ts";

/** Starts OpenSSL's server, which requires a certificate from the CA in `ca`; returns its port. */
async function opensslServer(sandbox: Sandbox, ca: string, version: string): Promise<number> {
  const pair = await makeCertificate();
  const { cert, key } = await writePair(sandbox, pair, "far");
  const child = new Deno.Command("openssl", {
    args: [
      ...["s_server", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key, `-tls${version}`],
      ...["-Verify", "1", "-verify_return_error", "-CAfile", ca],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  sandbox.defer(async () => {
    child.kill("SIGKILL");
    await child.stdin.close();
    await child.status;
    await output.cancel();
  });
  const output = child.stdout.pipeThrough(new TextDecoderStream());
  let text = "";
  for await (const part of output.values({ preventCancel: true })) {
    text += part;
    const port = /ACCEPT 127\.0\.0\.1:([0-9]+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`openssl did not start: ${text}`);
}

for (const version of ["1_2", "1_3"]) {
  Deno.test({
    name:
      `the log says why a server refuses the client certificate of relay connect over TLS ${version}`,
    ignore: !installed("openssl"),
    fn: async () => {
      await using sandbox = await makeSandbox();
      const ca = await makeAuthority("clients");
      const other = await makeAuthority("others");
      const { cert: caPath } = await writePair(sandbox, ca, "ca");
      const port = await opensslServer(sandbox, caPath, version);
      const near = async (name: string, more: string[]) => {
        const path = sandbox.path("run", `${name}.in`);
        const relay = await startRelay(sandbox, [
          ...["connect", "--listen", path, "--to", `127.0.0.1:${port}`],
          ...["--ca", sandbox.path("far.pem"), "--status", "127.0.0.1:0", ...more],
        ]);
        using conn = await Deno.connect({ transport: "unix", path });
        await writeAll(conn, encode("hello")).catch(() => {});
        while ((await conn.read(new Uint8Array(99)).catch(() => null)) !== null) {
          /* Read to the end. */
        }
        return relay;
      };
      const without = await near("without", []);
      await without.says(
        /refused a connection: .*requires? a client certificate \(--client-cert\)/,
      );
      const pair = await makeCertificate({ name: "ann", ca: other });
      const { cert, key } = await writePair(sandbox, pair, "ann");
      const foreign = await near("foreign", ["--client-cert", cert, "--client-key", key]);
      await foreign.says(
        /refused a connection: .*the server does not know the CA of the client certificate/,
      );
      const metrics = await (await fetch(`http://${foreign.status}/metrics`)).text();
      assertEquals(metric(metrics, 'connections_refused_total{reason="connect-failed"}'), 1);
    },
  });
}

Deno.test("the log says that a server ended the connection before it sent any data", async () => {
  await using sandbox = await makeSandbox();
  const pair = await makeCertificate();
  const { cert } = await writePair(sandbox, pair, "far");
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...pair });
  const serving = (async () => {
    for await (const conn of listener) {
      await conn.handshake();
      await conn.read(new Uint8Array(1));
      const { remoteAddr: peer, localAddr } = conn;
      const descriptor = new TcpDescriptors().find({ peer, localPort: localAddr.port });
      abortDescriptor(descriptor!);
      conn.close();
    }
  })();
  const path = sandbox.path("run", "near.in");
  const relay = await startRelay(sandbox, [
    ...["connect", "--listen", path, "--ca", cert],
    ...["--to", `127.0.0.1:${listener.addr.port}`],
  ]);
  {
    using conn = await Deno.connect({ transport: "unix", path });
    await writeAll(conn, encode("hello"));
    while ((await conn.read(new Uint8Array(99)).catch(() => null)) !== null) { /* to its end */ }
  }
  await relay.says(/ended the connection before it sent any data .*; it may require --client-cert/);
  listener.close();
  await serving.catch(() => {});
});
