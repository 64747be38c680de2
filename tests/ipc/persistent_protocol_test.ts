/** VS Code's PersistentProtocol is not supported, and a peer that speaks it learns so at once. */
import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { connectChannels } from "../../src/ipc/mod.ts";
import { SessionctlError } from "../../src/mod.ts";
import { makeSandbox, run, type Sandbox, source, until } from "../support/mod.ts";
import { loadVscode, type Vscode, type VscodePersistentProtocol } from "../support/vscode_ipc.ts";
import { startHub } from "./support.ts";

const PATIENCE_MS = 5000;

/** Connects to the hub; the protocol must receive its end before the test's time limit. */
async function connect(sandbox: Sandbox, vscode: Vscode, path: string) {
  const protocol = vscode.persist(await Deno.connect({ transport: "unix", path }));
  sandbox.defer(() => protocol.dispose());
  const ended = new Promise<void>((resolve) => protocol.onDidDispose(() => resolve()));
  return { protocol, ended: () => deadline(ended, PATIENCE_MS) };
}

const beginnings: Record<string, (protocol: VscodePersistentProtocol, vscode: Vscode) => void> = {
  "the handshake of a remote connection": (protocol, { VSBuffer }) =>
    protocol.sendControl(VSBuffer.fromString('{"type":"auth","auth":"00000000000000000000"}')),
  "a numbered message": (protocol, { VSBuffer }) => protocol.send(VSBuffer.fromString("hello")),
};

for (const [name, begin] of Object.entries(beginnings)) {
  Deno.test(`a client that begins with ${name} learns that its connection has ended`, async () => {
    await using sandbox = await makeSandbox();
    const vscode = await loadVscode();
    const { hub, socketPath } = await startHub(sandbox);
    const { protocol, ended } = await connect(sandbox, vscode, socketPath);
    begin(protocol, vscode);
    await ended();
    await until("the hub has forgotten it", () => hub.connectionCount === 0);
  });
}

Deno.test("a client that sent its context string also receives the end, after the preceding messages", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const { hub, socketPath } = await startHub(sandbox);
  const conn = await Deno.connect({ transport: "unix", path: socketPath });
  // A context string without a number, as in the plain protocol.
  await conn.write(new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 1, 65]));
  await until("it has a name", () => hub.connections().length === 1);
  const protocol = vscode.persist(conn);
  sandbox.defer(() => protocol.dispose());
  const ended = new Promise<void>((resolve) => protocol.onDidDispose(() => resolve()));
  protocol.sendControl(vscode.VSBuffer.fromString("{}"));
  await deadline(ended, PATIENCE_MS);
});

Deno.test("a peer that does not read is disconnected anyway", async () => {
  await using sandbox = await makeSandbox();
  const { hub, socketPath } = await startHub(sandbox);
  const conn = await Deno.connect({ transport: "unix", path: socketPath });
  sandbox.defer(() => conn.close());
  // Keep-alives, which only PersistentProtocol sends.
  await conn.write(new Uint8Array([9, ...Array(12).fill(0)]));
  await until("the hub has forgotten it", () => hub.connectionCount === 0);
});

Deno.test("the library and call name a server that speaks PersistentProtocol as such", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const path = sandbox.path("server.sock");
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  const accept = async () => {
    for await (const conn of listener) {
      const protocol = vscode.persist(conn);
      sandbox.defer(() => protocol.dispose());
      protocol.send(vscode.VSBuffer.fromString("hello"));
    }
  };
  accept();
  const client = await connectChannels(path, "ours");
  const calling = client.getChannel("tools").call("run");
  const error = await assertRejects(() => deadline(calling, PATIENCE_MS), SessionctlError);
  assertEquals(error.code, "NOT_SUPPORTED");
  const result = await run(source, sandbox, { args: ["call", "--to", path, "tools", "run"] });
  assertEquals([result.code, result.stdout], [1, ""]);
  assertEquals(result.stderr.includes("speaks VS Code's PersistentProtocol"), true, result.stderr);
});
