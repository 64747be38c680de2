import { hasCode, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";

/** Whether nobody listens at a socket, so that the next path may be tried. */
export function isAbsence(error: unknown): error is SessionctlError {
  return error instanceof SessionctlError &&
    hasCode(
      error,
      "SOCKET_MISSING",
      "CONNECTION_REFUSED",
      "ACCESS_DENIED",
      "FOREIGN_OWNER",
      "IO_ERROR",
    );
}

/**
 * @param unusable Whether something that a registry of ours cannot replace occupies a path.
 * @param named The socket that the caller asked for, if any.
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
  let reason = text.slice(0, 200) || "check that this is a registry's socket";
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === "string") reason = error;
  } catch { /* code-server answers in plain text */ }
  return new SessionctlError(
    "REGISTRY_ERROR",
    `the registry at ${path} answered ${status}: ${reason}`,
  );
}

/** An error for an answer that no registry gives. */
export function invalidAnswer(path: string, target: string): SessionctlError {
  const what = `${printablePath(path)} does not answer ${
    target.replace(/\?.*/, "")
  } like a registry`;
  return new SessionctlError("REGISTRY_ERROR", what, {
    hint: "check that this is a registry's socket",
  });
}
