import { messageOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";

/** An error of the state file as `STATE_UNAVAILABLE`, with what to do. */
export function unavailable(path: string, error: unknown): SessionctlError {
  const reason = withCause(path, messageOf(error));
  // The whole text: a path in another error may hold these words too.
  const locked = /^database (table )?is locked$/i.test(reason);
  return new SessionctlError(
    "STATE_UNAVAILABLE",
    locked
      ? `the state file ${printablePath(path)} is in use by another server`
      : `cannot use the state file ${printablePath(path)}: ${reason}`,
    {
      cause: error,
      hint: locked
        ? "use another --state FILE for this server, or --no-state"
        : "choose another file with --state FILE, or use --no-state to keep no state",
    },
  );
}

/** SQLite says "disk I/O error" for a directory that takes no files; the system says why. */
function withCause(path: string, reason: string): string {
  if (!/^(disk I\/O error|attempt to write a readonly database)$/i.test(reason)) return reason;
  const probe = `${path}.probe`;
  try {
    Deno.openSync(probe, { write: true, createNew: true, mode: 0o600 }).close();
    Deno.removeSync(probe);
    return reason;
  } catch (error) {
    return `${reason}: ${messageOf(error)}`;
  }
}
