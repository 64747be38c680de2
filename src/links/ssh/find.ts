import { SessionctlError } from "../../errors.ts";
import { realPathOf, system } from "../../platform/mod.ts";

/**
 * Finds the first `ssh` on `PATH` that is not this program under another name.
 *
 * @throws {SessionctlError} `NOT_FOUND`.
 */
export function findSsh(): string {
  const own = realPathOf(Deno.execPath());
  for (const folder of (system.env("PATH") ?? "/usr/bin:/bin").split(":")) {
    const path = `${folder}/ssh`;
    if (!path.startsWith("/")) continue;
    try {
      const { isFile, mode } = Deno.statSync(path);
      if (isFile && ((mode ?? 0) & 0o111) !== 0 && realPathOf(path) !== own) return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new SessionctlError("NOT_FOUND", "there is no ssh on PATH", {
    hint: "install OpenSSH's client",
  });
}
