import { parseJsonBytes } from "../../platform/mod.ts";
import type { SessionEntry } from "../../registry/mod.ts";

/** The meaning of a request to a session socket for the registry. */
export type SessionMessage =
  | { readonly type: "add"; readonly entry: SessionEntry }
  | { readonly type: "delete"; readonly socketPath: string }
  | { readonly type: "find"; readonly filePath: string }
  | { readonly type: "other" };

const OTHER: SessionMessage = { type: "other" };

/**
 * Parses a request like code-server's session socket.
 * Source: coder/code-server `src/node/vscodeSocket.ts`.
 */
export function readSessionMessage(
  method: string,
  path: string,
  query: string,
  body: Uint8Array,
): SessionMessage {
  if (path === "/session" && (method === "GET" || method === "HEAD")) {
    const filePath = new URLSearchParams(query).get("filePath");
    return filePath ? { type: "find", filePath } : OTHER;
  }
  if (method !== "POST" || (path !== "/add-session" && path !== "/delete-session")) return OTHER;
  const value = jsonObject(body);
  if (path === "/delete-session") {
    const socketPath = value?.socketPath;
    return typeof socketPath === "string" ? { type: "delete", socketPath } : OTHER;
  }
  const entry = value?.entry as Record<string, unknown> | null | undefined;
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return OTHER;
  if (typeof entry.socketPath !== "string" || entry.socketPath === "") return OTHER;
  return { type: "add", entry: entry as unknown as SessionEntry };
}

function jsonObject(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value = parseJsonBytes(body);
    return typeof value === "object" && value !== null
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined; // code-server reports the problem.
  }
}
