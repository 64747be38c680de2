import { SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";

/**
 * Finds the session that the user names by its editor socket or a unique part of it.
 *
 * @throws {SessionctlError} `NOT_FOUND` if none or several match.
 */
export function selectSession<T extends { readonly socketPath: string }>(
  sessions: readonly T[],
  name: string,
): T {
  const exact = sessions.find(({ socketPath }) => socketPath === name);
  if (exact) return exact;
  const matching = name === ""
    ? []
    : sessions.filter((session) => session.socketPath.includes(name));
  if (matching.length === 1) return matching[0]!;
  const quoted = JSON.stringify(name);
  if (matching.length === 0) {
    throw new SessionctlError("NOT_FOUND", `no session's socket contains ${quoted}`, {
      hint: "see what is registered with: sessionctl list",
    });
  }
  const names = matching.slice(0, 5).map(({ socketPath }) => printablePath(socketPath)).join(", ");
  const more = matching.length > 5 ? ", ..." : "";
  throw new SessionctlError(
    "NOT_FOUND",
    `${quoted} is part of ${matching.length} sessions: ${names}${more}`,
    {
      hint: "name a longer part",
    },
  );
}
