import { errnoOf, printablePath, SessionctlError } from "../platform/mod.ts";

/** Whether no registry answers. */
export function isUnreachable(error: unknown): boolean {
  return errnoOf(error) === "REGISTRY_UNREACHABLE";
}

/** Whether a server was there and ended the connection before it had answered. */
export function isCut(error: unknown): boolean {
  return errnoOf(error) === "CONNECTION_CLOSED";
}

/** Whether a server is or was there, and the same request may succeed in a moment. */
export function isPassing(error: unknown): boolean {
  return isCut(error) || errnoOf(error) === "BACKLOG_FULL";
}

/** Whether nobody is at a socket, so that the next place may be tried. */
export function isAbsence(error: unknown): error is SessionctlError {
  return error instanceof SessionctlError &&
    ["SOCKET_MISSING", "CONNECTION_REFUSED", "ACCESS_DENIED", "FOREIGN_OWNER", "IO_ERROR"]
      .includes(error.code);
}

/**
 * @param unusable Whether a place is taken by what no registry of ours can replace.
 * @param named The one socket that was asked for, if one was.
 */
export function unreachable(
  tried: readonly string[],
  unusable: boolean,
  named?: string,
): SessionctlError {
  const socket = named === undefined ? "" : ` --socket ${printablePath(named)}`;
  return new SessionctlError(
    "REGISTRY_UNREACHABLE",
    `no registry is running: ${tried.join("; ")}`,
    {
      hint: unusable
        ? "choose another --socket"
        : `start one with: sessionctl serve --detach${socket}`,
    },
  );
}

export function refusal(path: string, status: number, text: string): SessionctlError {
  let reason = text.slice(0, 200) || "is it a registry's socket?";
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === "string") reason = error;
  } catch { /* code-server answers in plain text */ }
  return new SessionctlError(
    "REGISTRY_ERROR",
    `the registry at ${path} answered ${status}: ${reason}`,
  );
}
