import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeSandbox, type Sandbox } from "../support/mod.ts";
import {
  encode,
  installed,
  readText,
  type RunningRelay,
  serveUnix,
  startRelay,
  writeAll,
} from "./support.ts";

async function start(sandbox: Sandbox): Promise<RunningRelay> {
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, async (conn) => {
    const method = await readText(conn, 4);
    await writeAll(
      conn,
      encode(
        `HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nheard ${method[0]}\r\n`,
      ),
    );
    await conn.closeWrite();
    const buffer = new Uint8Array(1024);
    while ((await conn.read(buffer)) !== null) { /* Read to the end. */ }
  });
  return await startRelay(sandbox, ["--to", socket]);
}

async function output(command: string, args: string[], stdin = ""): Promise<string> {
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(encode(stdin));
  await writer.close();
  const { stdout, stderr } = await child.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test({
  name: "curl gets an answer, over TLS 1.2 and 1.3",
  ignore: !installed("curl"),
  fn: async () => {
    await using sandbox = await makeSandbox();
    const { port } = await start(sandbox);
    for (const version of ["1.2", "1.3"]) {
      const args = ["-sS", "--cacert", sandbox.path("server.pem"), `--tlsv${version}`];
      const limit = ["--tls-max", version, "--http1.1"];
      assertEquals(
        await output("curl", [...args, ...limit, `https://localhost:${port}/`]),
        "heard G\r\n",
      );
    }
  },
});

Deno.test({
  name: "openssl s_client is verified, agrees on http/1.1, and cannot come with TLS 1.1",
  ignore: !installed("openssl"),
  fn: async () => {
    await using sandbox = await makeSandbox();
    const { port } = await start(sandbox);
    const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost"];
    const good = await output("openssl", [
      ...args,
      ...["-CAfile", sandbox.path("server.pem"), "-alpn", "h2,http/1.1", "-ign_eof"],
    ], "GET / HTTP/1.1\r\n\r\n");
    assertStringIncludes(good, "heard G");
    assertStringIncludes(good, "Verify return code: 0");
    assertStringIncludes(good, "ALPN protocol: http/1.1");
    const old = await output("openssl", [...args, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    assertStringIncludes(old, "Cipher is (NONE)");
  },
});

Deno.test({
  name: "Node's tls gets an answer and a clean end",
  ignore: !installed("node"),
  fn: async () => {
    await using sandbox = await makeSandbox();
    const { port } = await start(sandbox);
    const script = `
      const ca = require("fs").readFileSync(process.argv[1]);
      const socket = require("tls").connect({ port: ${port}, host: "127.0.0.1", servername: "localhost", ca });
      socket.write("GET / HTTP/1.1\\r\\n\\r\\n");
      socket.on("data", (data) => process.stdout.write(data));
      socket.on("end", () => console.log("clean end"));
      socket.on("error", (error) => console.log("error", error.code));
    `;
    const heard = await output("node", ["-e", script, sandbox.path("server.pem")]);
    assertStringIncludes(heard, "heard G");
    assertStringIncludes(heard, "clean end");
  },
});
