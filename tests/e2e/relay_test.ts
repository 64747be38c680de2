import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Sandbox } from "../support/mod.ts";
import { startRelay } from "../relay/support.ts";
import { eventually } from "./support/limits.ts";
import { output } from "./support/output.ts";
import { scenario } from "./support/scenario.ts";
import { EditorWindow } from "./support/window.ts";
import type { WebSocketOfPage } from "./support/playwright.ts";

/** The output of curl, which trusts only the relay's certificate. */
function curl(sandbox: Sandbox, ...args: string[]): Promise<string> {
  const trust = ["--silent", "--show-error", "--cacert", sandbox.path("server.pem")];
  return output(sandbox, "curl", [...trust, ...args]);
}

scenario(
  "code-server behind the relay answers curl and Chromium over TLS, including its WebSocket",
  async ({ world, shot }) => {
    const { port } = await startRelay(world.sandbox, ["--to", world.editor.socket]);
    const url = `https://localhost:${port}`;
    const health = await curl(world.sandbox, `${url}/healthz`);
    assertMatch(JSON.parse(health).status, /^(alive|expired)$/);
    const facts = "\n%{http_code} %{http_version} %{ssl_verify_result}";
    const page = await curl(world.sandbox, "--tlsv1.3", "--write-out", facts, `${url}/`);
    assertStringIncludes(page, "vscode-workbench-web-configuration");
    assertEquals(page.split("\n").at(-1), "200 1.1 0");

    const folder = await world.folder("one", { "a.txt": "through TLS\n" });
    const window = new EditorWindow(await world.browser.newPage(), folder);
    world.windows.push(window);
    const sockets: { url: string; received: number; sent: number }[] = [];
    window.page.on("websocket", (socket: WebSocketOfPage) => {
      const counted = { url: socket.url(), received: 0, sent: 0 };
      sockets.push(counted);
      socket.on("framereceived", () => counted.received++);
      socket.on("framesent", () => counted.sent++);
    });
    await window.page.goto(`${url}/?folder=${folder}`);
    await window.ready();
    await world.untilRegistered(folder);
    await world.succeed(["open", "a.txt"], { cwd: folder });
    await window.shows("a.txt", "through TLS");
    await shot(window, "the editor through the relay");
    const used = sockets.filter(({ received, sent }) => received > 0 && sent > 0);
    assert(used.length >= 2, JSON.stringify(sockets));
    assert(used.every((socket) => socket.url.startsWith(`wss://localhost:${port}/`)));
  },
);

scenario(
  "behind a relay with a token, only browsers that entered with it see the editor",
  async ({ world, shot }) => {
    const { sandbox } = world;
    const token = crypto.randomUUID();
    await Deno.writeTextFile(sandbox.path("token"), token, { mode: 0o600 });
    const args = ["--to", world.editor.socket, "--token-file", sandbox.path("token")];
    const { port } = await startRelay(sandbox, args);
    const url = `https://localhost:${port}`;
    const status = ["--output", "/dev/null", "--write-out", "%{http_code}"];
    assertEquals(await curl(sandbox, ...status, `${url}/`), "401");
    const bearer = `Authorization: Bearer ${token}`;
    assertEquals(await curl(sandbox, ...status, "--header", bearer, `${url}/`), "200");

    const folder = await world.folder("one", { "a.txt": "with a token\n" });
    const window = new EditorWindow(await world.browser.newPage(), folder);
    world.windows.push(window);
    await window.page.goto(`${url}/?token=${token}`);
    await window.page.goto(`${url}/?folder=${folder}`);
    await window.ready();
    await world.untilRegistered(folder);
    await world.succeed(["open", "a.txt"], { cwd: folder });
    await window.shows("a.txt", "with a token");
    await shot(window, "the editor of a browser that entered with the token");
  },
);

scenario(
  "relay --session finds code-server by a folder, through the socket that run reported",
  async ({ world, shot }) => {
    const folder = await world.folder("one", { "a.txt": "by its folder\n" });
    const window = await world.openWindow(folder);
    assertEquals((await world.sessionOf(folder))?.relaySocket, world.editor.socket);
    const { port } = await startRelay(world.sandbox, ["--session", window.file("a.txt")]);
    const again = new EditorWindow(await world.browser.newPage(), folder);
    world.windows.push(again);
    await again.page.goto(`https://localhost:${port}/?folder=${folder}`);
    await again.ready();
    await eventually("it is registered", async () => (await world.sessions()).length === 2);
    // With two windows on one folder, the latest one gets the file.
    await world.succeed(["open", "a.txt"], { cwd: folder });
    await again.shows("a.txt", "by its folder");
    await shot(again, "the editor through relay --session");
    // The only window ends with its page, and returns through the relay.
    await window.close();
    const before = (await world.sessionOf(folder))?.socketPath;
    await again.page.reload();
    await again.ready();
    await eventually("the reloaded page registers", async () => {
      const after = await world.sessionOf(folder);
      return after !== undefined && after.socketPath !== before;
    });
  },
);
