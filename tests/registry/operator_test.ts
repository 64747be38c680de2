/** Information for an operator: registrations and removals, the log file, and liveness. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run, until } from "../support/mod.ts";
import { startTestRegistry } from "./http_support.ts";
import { ask, healthOf, register, startServer } from "./serve_support.ts";

Deno.test("serve --verbose logs each registration, removal and prune with its time", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox, { args: ["--verbose"] });
  await register(server.socket, "/a.sock", "/work");
  await ask(server.socket, "/delete-session", { socketPath: "/a.sock" });
  await register(server.socket, "/b.sock");
  await ask(server.socket, "/v1/prune", {});
  await until("all of it is told", () => server.said().includes("pruned"));
  const time = String.raw`sessionctl: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  assertMatch(server.said(), new RegExp(`${time} registered /a\\.sock /work\n`));
  assertMatch(server.said(), new RegExp(`${time} removed /a\\.sock /work\n`));
  assertMatch(server.said(), new RegExp(`${time} registered /b\\.sock \\(no folder\\)\n`));
  assertMatch(server.said(), new RegExp(`${time} pruned, it is dead: /b\\.sock \\(no folder\\)`));
});

Deno.test("without --verbose, registrations are not logged", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  await register(server.socket, "/a.sock", "/work");
  await server.stop();
  assertEquals(server.said().includes("/a.sock"), false);
});

for (const supervise of [[], ["--supervise"]]) {
  const command = ["serve", "--detach", "--verbose", ...supervise].join(" ");
  Deno.test(`${command} logs registrations, and status shows the log file`, async () => {
    await using sandbox = await makeSandbox();
    const sessionctl = (...args: string[]) => run(compiled, sandbox, { args });
    const started = await sessionctl(...command.split(" "), "--no-state", "--json");
    assertEquals(started.code, 0, started.stderr);
    sandbox.defer(async () => void await sessionctl("stop"));
    const { listening, logFile } = JSON.parse(started.stdout);
    await register(listening, "/a.sock", "/work");
    await until(
      "it is logged",
      () => Deno.readTextFileSync(logFile).includes("registered /a.sock"),
    );
    assertEquals((await healthOf(listening)).logFile, logFile);
    const status = await sessionctl("status");
    assertStringIncludes(status.stdout, logFile);
  });
}

Deno.test("a registry whose messages go to a pipe has no log file", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  assertEquals((await healthOf(server.socket)).logFile, null);
  const status = await run(compiled, sandbox, { args: ["status"] });
  assertMatch(status.stdout, /^log file +none$/m);
});

Deno.test("/healthz/ equals /healthz, and both become the WebSocket on request", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: registry.socketPath } });
  sandbox.defer(() => client.close());
  for (const path of ["/healthz", "/healthz/"]) {
    const plain = await registry.ask(path);
    assertEquals((plain.json as { status: string }).status, "alive");
    const socket = new WebSocket(`ws://localhost${path}`, { client } as unknown as string[]);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const answer = new Promise<string>((resolve) => socket.onmessage = ({ data }) => resolve(data));
    socket.send("");
    const { event, status } = JSON.parse(await answer);
    assertEquals([event, status], ["health", "alive"]);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
  }
  assert(registry.health().pid === Deno.pid);
});
