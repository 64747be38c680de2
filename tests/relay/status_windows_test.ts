import { assertEquals } from "@std/assert";
import { RegistryClient } from "../../src/registry/mod.ts";
import { compiled, makeSandbox, startEditor } from "../support/mod.ts";
import { echo, eventually, serveUnix, startRelay } from "./support.ts";

Deno.test("the status shows only the registry windows that the relay's target serves", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run", "registry.sock");
  const registry = new Deno.Command(compiled.command, {
    args: ["serve", "--socket", socket],
    env: sandbox.env,
    clearEnv: true,
    stdout: "null",
    stderr: "null",
  }).spawn();
  sandbox.defer(async () => {
    registry.kill();
    await registry.status;
  });
  const client = new RegistryClient({ socket, timeoutMs: 20_000 });
  await eventually("the registry answers", () => client.canConnect());
  const target = sandbox.path("run", "http.sock");
  serveUnix(sandbox, target, echo);
  for (const [name, relaySocket] of [["api", target], ["web", sandbox.path("run", "other.sock")]]) {
    const socketPath = sandbox.path("run", `${name}.sock`);
    await startEditor(sandbox, { socketPath });
    const folder = sandbox.path("home", name!);
    await Deno.mkdir(folder);
    const workspace = { id: name, folders: [{ uri: { path: folder } }] };
    await client.addSession({ socketPath, workspace, relaySocket });
  }
  const windowsOf = async (...more: string[]) => {
    const relay = await startRelay(sandbox, [
      ...["--socket", socket, "--status", "127.0.0.1:0", ...more],
    ]);
    const { windows } = await (await fetch(`http://${relay.status}/`)).json();
    return windows.map(({ folders }: { folders: string[] }) => folders);
  };
  const api = [[sandbox.path("home", "api")]];
  assertEquals(await windowsOf("--to", target), api);
  assertEquals(await windowsOf("--session", sandbox.path("home", "api")), api);
  assertEquals(await windowsOf("--to", sandbox.path("run", "none.sock")), []);
});
