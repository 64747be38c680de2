import type { Sandbox } from "./sandbox.ts";

export interface FakeSession {
  readonly socketPath: string;
  readonly folder?: string;
  readonly liveness?: "live" | "unresponsive";
}

/**
 * A stand-in for a registry with fixed answers to `GET /v1/candidates`, `/v1/sessions`, and
 * code-server's `GET /session`.
 */
export interface FakeRegistry {
  readonly socketPath: string;
  /** The paths requested. */
  readonly asked: readonly string[];
}

export function startRegistry(
  sandbox: Sandbox,
  sessions: readonly FakeSession[],
  socketPath = sandbox.path("run", "sessionctl", "registry.sock"),
): FakeRegistry {
  const asked: string[] = [];
  Deno.mkdirSync(socketPath.slice(0, socketPath.lastIndexOf("/")), {
    recursive: true,
    mode: 0o700,
  });
  const holds = ({ folder }: FakeSession, path: string) =>
    folder !== undefined && (path === folder || path.startsWith(`${folder}/`));
  const server = Deno.serve({ path: socketPath, onListen: () => {} }, (request) => {
    const url = new URL(request.url.replace(/^http\+unix:\/\/[^/]*/, "http://localhost"));
    const path = url.searchParams.get("filePath") ?? "";
    if (url.pathname.endsWith("/v1/sessions")) {
      return Response.json({ sessions: sessions.map((one) => ({ kind: "editor", ...one })) });
    }
    asked.push(path);
    const others = Number(url.searchParams.get("limit") ?? Infinity);
    const ranked = [
      ...sessions.filter((session) => holds(session, path))
        .sort((a, b) => b.folder!.length - a.folder!.length),
      ...sessions.filter((session) => !holds(session, path)).slice(0, others),
    ];
    if (url.pathname.endsWith("/session")) {
      return Response.json({ socketPath: ranked[0]?.socketPath });
    }
    return Response.json({
      candidates: ranked.map(({ socketPath, folder, liveness }) => ({
        session: { socketPath, kind: "editor", source: "api" },
        folder: holds({ socketPath, folder }, path) ? folder : null,
        liveness: liveness ?? "live",
      })),
    });
  });
  sandbox.defer(() => server.shutdown());
  return { socketPath, asked };
}
