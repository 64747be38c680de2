import { messageOf, SessionctlError } from "../../errors.ts";
import { printablePath, recordLockHolder } from "../../platform/mod.ts";

/** Wraps an error of the state file as `STATE_UNAVAILABLE`, with a hint. */
export function unavailable(path: string, error: unknown): SessionctlError {
  const reason = withCause(path, messageOf(error));
  // The whole text must match: a path in another error may contain these words.
  if (/^database (table )?is locked$/i.test(reason)) return inUse(path, error);
  return new SessionctlError(
    "STATE_UNAVAILABLE",
    `cannot use the state file ${printablePath(path)}: ${reason}`,
    {
      cause: error,
      hint: "choose another file with --state FILE, or use --no-state to keep no state",
    },
  );
}

function inUse(path: string, cause: unknown): SessionctlError {
  const pid = recordLockHolder(path);
  const [server, ending] = pid === undefined
    ? ["", ""]
    : [` (pid ${pid})`, `end it with: kill ${pid}; or `];
  return new SessionctlError(
    "STATE_UNAVAILABLE",
    `the state file ${printablePath(path)} is in use by another server${server}`,
    { cause, hint: `${ending}use another --state FILE for this server, or --no-state` },
  );
}

/**
 * Adds the system's reason to the vague error that SQLite gives for a directory without room or
 * write permission.
 */
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
