/**
 * Stands in for code-server: removes the file at its session socket's path, binds there, gives its
 * windows the path in `CODE_SERVER_SESSION_SOCKET`, and answers like the real one. Its browser is
 * `POST /window` on its HTTP socket: a window that registers itself.
 *
 *   fake_code_server.ts --session-socket PATH --socket PATH
 *
 * Source: coder/code-server `src/node/app.ts`, `src/node/vscodeSocket.ts`; its patch of
 * VS Code's `extensionHostProcess`.
 */
import { parseArgs } from "@std/cli/parse-args";
import { requestUnix } from "../../../src/http/mod.ts";
import { startEditor } from "../../support/fake_editor.ts";

interface Entry {
  readonly socketPath: string;
  readonly workspace: { readonly folders: readonly { uri: { path: string } }[] };
}

const args = parseArgs(Deno.args, { string: ["session-socket", "socket", "windows"] });
const sessionSocket = String(args["session-socket"]);
const entries = new Map<string, Entry>();
let windows = 0;
const servers: Deno.HttpServer[] = [];
/** Everything started here ends with the process. */
const here = { path: String, defer: () => {} };

if (Deno.env.get("VSCODE_IPC_HOOK_CLI")) {
  console.error("opening in an existing instance");
  Deno.exit(3);
}

function listen(path: string, handler: (request: Request, path: string) => Promise<Response>) {
  try {
    Deno.removeSync(path);
  } catch { /* nothing was there */ }
  servers.push(Deno.serve({ path, onListen: () => {} }, (request) => {
    const target = request.url.replace(/^http\+unix:\/\/[^/]*/, "").replace(/^http:\/\/[^/]*/, "");
    return handler(request, target);
  }));
}

function text(body: string, status = 200): Response {
  return new Response(body, { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

async function session(request: Request, target: string): Promise<Response> {
  const url = new URL(target, "http://localhost");
  const body = request.method === "POST" ? await request.json().catch(() => undefined) : {};
  if (body === undefined) return text("SyntaxError: Unexpected token", 400);
  switch (`${request.method} ${url.pathname}`) {
    case "GET /session": {
      const filePath = url.searchParams.get("filePath");
      if (!filePath) return text("filePath is required", 400);
      try {
        return Response.json({ socketPath: await find(filePath) });
      } catch {
        return text("{}", 500);
      }
    }
    case "POST /add-session":
      if (!body.entry) return text("entry is required", 400);
      entries.set(body.entry.socketPath, body.entry);
      return text("session added");
    case "POST /delete-session":
      if (!body.socketPath) return text("socketPath is required", 400);
      entries.delete(body.socketPath);
      return text("session deleted");
    default:
      return text(`Cannot ${request.method} ${url.pathname}`, 404);
  }
}

/**
 * Finds a window as code-server does, including its flaw: a window without a folder makes it throw.
 */
async function find(filePath: string): Promise<string | undefined> {
  const holds = ({ workspace }: Entry) =>
    workspace.folders.some(({ uri }) => filePath.startsWith(`${uri.path}/`));
  const ranked = [...entries.values()].reverse().sort((a, b) =>
    Number(holds(b)) - Number(holds(a))
  );
  for (const { socketPath } of ranked) {
    try {
      (await Deno.connect({ transport: "unix", path: socketPath })).close();
      return socketPath;
    } catch {
      entries.delete(socketPath);
    }
  }
  return undefined;
}

/** Opens a window: its editor socket, and the one registration of its extension host. */
async function openWindow(folder: string | null): Promise<string> {
  const socketPath = `${args.socket}.window${++windows}-${Deno.pid}`;
  await startEditor(here, { socketPath });
  const workspace = folder === null ? undefined : { id: "1", folders: [{ uri: { path: folder } }] };
  const hook = Deno.env.get("CODE_SERVER_SESSION_SOCKET")!;
  await requestUnix(hook, {
    method: "POST",
    target: "/add-session",
    json: { entry: { workspace, socketPath } },
    timeoutMs: 20_000,
  });
  return socketPath;
}

// Installed before the server is seen to listen, because it may be stopped from then on.
Deno.addSignalListener("SIGTERM", async () => {
  await Promise.race([
    Promise.all(servers.map((server) => server.shutdown())),
    new Promise((resolve) => setTimeout(resolve, 500)),
  ]);
  Deno.exit(0);
});
Deno.env.set("CODE_SERVER_SESSION_SOCKET", sessionSocket);
listen(String(args.socket), async (request, target) => {
  const url = new URL(target, "http://localhost");
  if (url.pathname === "/entries") return Response.json([...entries.keys()]);
  if (url.pathname === "/env") return Response.json(Deno.env.toObject());
  if (request.method !== "POST") return text("a page");
  return Response.json({ socketPath: await openWindow(url.searchParams.get("folder")) });
});
listen(sessionSocket, session);
console.log(`Session server listening on ${sessionSocket}`);
