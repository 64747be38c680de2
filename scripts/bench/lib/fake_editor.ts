/**
 * Stands for an editor: takes every message on its socket as VS Code would.
 *
 *   deno run -A fake_editor.ts SOCKET
 *
 * Source of the protocol: microsoft/vscode `extHostCLIServer.ts`.
 */
const path = Deno.args[0]!;
const KNOWN = new Set(["open", "openExternal", "status", "extensionManagement", "clipboard"]);

const server = Deno.serve({ path, onListen: () => {} }, async (request) => {
  const { type } = await request.json().catch(() => ({}));
  return KNOWN.has(type) ? Response.json("") : new Response(null, { status: 404 });
});
Deno.addSignalListener("SIGTERM", () => server.shutdown());
await server.finished;
