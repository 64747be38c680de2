import { assertEquals, assertRejects } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { connect, encode, readAll, readText, serveUnix, startRelay, writeAll } from "./support.ts";

/** Answers, reads one byte, and leaves the rest unread. */
const DEAF_TARGET = `
  const listener = Deno.listen({ transport: "unix", path: Deno.args[0] });
  console.log("listening");
  const conn = await listener.accept();
  await conn.write(new TextEncoder().encode("hello"));
  await conn.read(new Uint8Array(1));
  console.log("read");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
`;

Deno.test("killing a target with unread bytes resets the client without close_notify", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  // A separate process, because closing from JavaScript would end the writing side first.
  const target = new Deno.Command(Deno.execPath(), {
    args: ["eval", DEAF_TARGET, socket],
    stdout: "piped",
  }).spawn();
  const output = target.stdout.getReader();
  sandbox.defer(async () => {
    await output.cancel();
    await target.status;
  });
  await output.read();
  const relay = await startRelay(sandbox, ["--to", socket]);
  using conn = await connect(relay);
  assertEquals(await readText(conn, 5), "hello");
  await writeAll(conn, encode("ab"));
  await output.read();
  target.kill("SIGKILL");
  await assertRejects(() => readAll(conn), Deno.errors.ConnectionReset);
});

Deno.test("a target that closes after reading everything ends the connection cleanly, and all its bytes arrive", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, async (conn) => {
    await readText(conn, 2);
    await writeAll(conn, encode("last words"));
    conn.close();
  });
  const relay = await startRelay(sandbox, ["--to", socket]);
  using conn = await connect(relay);
  await writeAll(conn, encode("ab"));
  assertEquals(await readAll(conn), "last words");
});
