import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run } from "../support/mod.ts";
import { connect, echo, serveUnix, startRelay } from "./support.ts";

Deno.test("listening to other machines without authentication needs an explicit option", async () => {
  await using sandbox = await makeSandbox();
  const args = ["relay", "--listen", "0.0.0.0:0", "--self-signed", "--to", sandbox.path("x.sock")];
  const refused = await run(compiled, sandbox, { args });
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, "--unauthenticated");
  const relay = await startRelay(sandbox, [...args.slice(1), "--unauthenticated"]);
  assertMatch(relay.address, /^0\.0\.0\.0:[0-9]+$/);
});

Deno.test("an editor's CLI socket, or a symlink to it, is refused as a target", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run", "vscode-ipc-0a1b.sock");
  serveUnix(sandbox, socket, echo);
  const link = sandbox.path("innocent.sock");
  await Deno.symlink(socket, link);
  for (const more of [[], ["--workers", "2"]]) {
    for (const path of [socket, link]) {
      const result = await run(compiled, sandbox, {
        args: ["relay", "--listen", "127.0.0.1:0", "--self-signed", "--to", path, ...more],
      });
      assertEquals(result.code, 1, result.stdout);
      assertStringIncludes(result.stderr, "is an editor's CLI socket");
    }
  }
});

Deno.test("--self-signed uses a temporary certificate and prints its fingerprint", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  const relay = await startRelay(sandbox, ["--self-signed", "--to", socket]);
  assertMatch(relay.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  const { connect: connectNode } = await import("node:tls");
  const seen = await new Promise<string>((resolve, reject) => {
    const conn = connectNode(
      { port: relay.port, host: "127.0.0.1", rejectUnauthorized: false },
      () => {
        const { fingerprint256 } = conn.getPeerCertificate();
        conn.on("close", () => resolve(fingerprint256));
        conn.destroy();
      },
    );
    conn.on("error", reject);
  });
  assertEquals(seen, relay.fingerprint);
  await assertRejectsUntrusted(() => connect(relay));
});

async function assertRejectsUntrusted(action: () => Promise<unknown>): Promise<void> {
  const message = await action().then(() => "trusted", (error) => String(error));
  assertMatch(message, /certificate/);
}
