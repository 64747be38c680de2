import { assert, assertEquals } from "@std/assert";
import { createServer, type Socket } from "node:net";
import { makeSandbox, type Sandbox } from "../support/mod.ts";
import { pipeName, sessionctl, testOnWindows } from "./support.ts";

/** What a process writes that owns the pipe of an editor, and is none. */
const HOSTILE: Record<string, (socket: Socket) => void> = {
  "garbage": (socket) => socket.write(crypto.getRandomValues(new Uint8Array(4096))),
  "half a head": (socket) => socket.write("HTTP/1.1 417 Expectation Fa"),
  "a body without end": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    flood(socket, "1000\r\n" + "x".repeat(0x1000) + "\r\n");
  },
  "a head without end": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    flood(socket, "X: " + "y".repeat(1000) + "\r\n");
  },
  "one byte at a time": (socket) => {
    const text = "HTTP/1.1 417 Expectation Failed\r\n";
    let at = 0;
    const timer = setInterval(() => socket.write(text[at++ % text.length]!), 100);
    socket.on("close", () => clearInterval(timer));
  },
  "nothing": () => {},
  "the end": (socket) => socket.destroy(),
};

/** Writes until the peer closes; it waits whenever the peer does not read. */
function flood(socket: Socket, text: string): void {
  const more = () => {
    if (!socket.destroyed) socket.write(text, () => setTimeout(more));
  };
  more();
}

/** Serves `behave` on a pipe; the sandbox ends it. */
async function startHostile(
  sandbox: Sandbox,
  path: string,
  behave: (socket: Socket) => void,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", () => {});
    behave(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  sandbox.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

for (const [name, behave] of Object.entries(HOSTILE)) {
  testOnWindows(`open and list end in time with a pipe that sends ${name}`, async () => {
    await using sandbox = await makeSandbox();
    await Deno.writeTextFile(sandbox.path("a.txt"), "");
    const editor = pipeName("vscode-ipc");
    await startHostile(sandbox, editor, behave);
    const opened = await sessionctl(sandbox, ["open", "--to", editor, "a.txt"]);
    assert(opened.code === 1 || opened.code === 4, `${opened.code}: ${opened.stderr}`);
    assert(!opened.stderr.includes("panicked"), opened.stderr);
    const main = `\\\\.\\pipe\\0123abcd-1.${Deno.pid}.${name.length}-main-sock`;
    await startHostile(sandbox, main, behave);
    const env = { VSCODE_IPC_HOOK: main };
    const listed = await sessionctl(sandbox, ["list", "--all", "--json"], { env });
    assertEquals(listed.code, 0, listed.stderr);
    const found = JSON.parse(listed.stdout) as { mainSocket: string; liveness: string }[];
    assertEquals(found.map(({ mainSocket }) => mainSocket), [main]);
    assert(found.every(({ liveness }) => liveness !== "live"), listed.stdout);
  });
}
