/** The programs in examples/, run as their users would run them. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { resolve } from "@std/path";
import { connectChannels, serveChannels, SessionctlError } from "../src/mod.ts";
import { compiled, exists, makeSandbox, run, type Sandbox, spawn, until } from "./support/mod.ts";

const root = resolve(import.meta.dirname!, "..");
const example = (name: string) => ({
  command: Deno.execPath(),
  args: ["run", "-A", "--no-check", resolve(root, "examples", name)],
});

async function startServer(sandbox: Sandbox, socketPath: string) {
  const { command, args } = example("channel_server.ts");
  const server = spawn(sandbox, command, [...args, socketPath]);
  await until(`it listens: ${server.errors}`, () => server.lines.length > 0);
  return server;
}

Deno.test("call reaches the example of a channel server, and hears its events", async () => {
  await using sandbox = await makeSandbox();
  const socketPath = sandbox.path("run/greeter/greeter.sock");
  const server = await startServer(sandbox, socketPath);
  const call = ["call", "--to", socketPath, "greeter"];
  const listening = spawn(sandbox, compiled.command, [...call, "--listen", "onDidGreet"]);
  // A subscription is there before the next call of anybody is answered.
  await until("an event has come", async () => {
    const { code, stdout, stderr } = await run(compiled, sandbox, {
      args: [...call, "greet", '"Ann"'],
    });
    assertEquals([code, stdout], [0, "Hello Ann\n"], stderr);
    return listening.lines.length > 0;
  });
  assertEquals(JSON.parse(listening.lines[0]!), { name: "Ann", by: "call" });

  const { command, args } = example("channel_client.ts");
  const client = await run({ name: "source", command, args: [] }, sandbox, {
    args: [...args, socketPath, "Ben"],
  });
  assertEquals([client.code, client.stderr], [0, ""]);
  assertStringIncludes(client.stdout, '{ name: "Ben", by: "channel_client" }\nHello Ben\n');

  assertEquals(await server.stop("SIGINT"), 0);
  assertEquals(exists(socketPath), false);
});

Deno.test("of two channel servers at one socket the first stays, and its socket goes with it", async () => {
  await using sandbox = await makeSandbox();
  const socketPath = sandbox.path("run/tools/tools.sock");
  const contexts: string[] = [];
  const gone: string[] = [];
  const serve = () =>
    serveChannels(socketPath, (peer, context) => {
      contexts.push(context);
      peer.registerChannel("tools", {
        call: (command) => command,
        listen: () => {
          throw new Error("no events");
        },
      });
      peer.ended.then(() => gone.push(context));
    });
  const listener = await serve();
  const refused = await assertRejects(serve, SessionctlError);
  assertEquals(refused.code, "ADDRESS_IN_USE");
  const client = await connectChannels(socketPath, "one");
  assertEquals(await client.getChannel("tools").call("run"), "run");
  assertEquals([contexts, listener.connectionCount], [["one"], 1]);
  client.dispose();
  await until("the client's end was heard", () => gone.length === 1);
  using second = await connectChannels(socketPath, "two");
  assertEquals(await second.getChannel("tools").call("run"), "run");
  listener.close();
  await second.ended;
  assertEquals(exists(socketPath), false);
  using again = await serve();
  assertEquals(again.connectionCount, 0);
});

Deno.test("a channel server disconnects a client that never identifies itself", async () => {
  await using sandbox = await makeSandbox();
  const socketPath = sandbox.path("run/tools/tools.sock");
  using listener = await serveChannels(socketPath, () => {}, { contextMs: 50 });
  using conn = await Deno.connect({ transport: "unix", path: socketPath });
  assertEquals(await conn.read(new Uint8Array(1)), null);
  await until("it is forgotten", () => listener.connectionCount === 0);
});
