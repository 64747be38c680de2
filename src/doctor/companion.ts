import { deadline } from "@std/async/deadline";
import { isOlder } from "../companion/mod.ts";
import {
  describeSession,
  type ListedSession,
  RegistryClient,
  windowIdOf,
} from "../registry/mod.ts";
import { printablePath } from "../platform/mod.ts";
import type { Check, DoctorOptions, Finding } from "./types.ts";

const REGISTRY_LIMIT_MS = 2000;
/** Maximum number of listed windows; more are only counted. */
const SHOWN = 10;
const INSTALL = "sessionctl companion install --all";

/** Which windows have the companion, and in which version. */
export const companionCheck: Check = {
  name: "companion",
  async run(options) {
    const windows = await registeredWindows(options);
    if (windows.length === 0) return [];
    const having = windows.filter(({ companion }) => typeof companion === "string");
    if (having.length === 0) {
      const text =
        "no window has the companion: if several windows suit a file, the one that was " +
        "registered last is used, not the one in front";
      return [{ severity: "note", text, fix: INSTALL }];
    }
    const findings = windows.flatMap((window) => windowFinding(window, options.version));
    const current = having.filter(({ companion }) => companion === options.version).length;
    const known: Finding = {
      severity: "ok",
      text: `${current} of ${windows.length} windows have the companion ${options.version}`,
      details: ["the shell hook also sets EDITOR and BROWSER, and registers the other windows"],
    };
    const more = findings.length - SHOWN;
    return [
      ...(current > 0 ? [known] : []),
      ...findings.slice(0, SHOWN),
      ...(more > 0 ? [{ severity: "note", text: `and ${more} more windows` } as const] : []),
    ];
  },
};

function windowFinding(window: ListedSession, version: string): Finding[] {
  const { companion, socketPath } = window;
  const name = `${describeSession(window)} (${printablePath(socketPath)})`;
  const note = (text: string, fix?: string): Finding[] => [{ severity: "note", text, fix }];
  if (companion === undefined) return note(`no companion in ${name}`, INSTALL);
  if (companion === version) return [];
  const shown = `companion ${printablePath(companion)} in ${name}`;
  return isOlder(companion, version)
    ? note(`older ${shown}; reload the window after the update`, INSTALL)
    : note(`newer ${shown} than this program: update sessionctl`);
}

/** The windows that registered themselves; terminals belong to one of them. */
async function registeredWindows({ registrySocket }: DoctorOptions): Promise<ListedSession[]> {
  try {
    const client = new RegistryClient({ socket: registrySocket, timeoutMs: REGISTRY_LIMIT_MS });
    const sessions = await deadline(client.list(), REGISTRY_LIMIT_MS);
    const gone: readonly ListedSession["liveness"][] = ["dead", "no-editor", "forbidden"];
    const known = sessions.filter(({ liveness }) => !gone.includes(liveness));
    const hosts = known.filter(({ source }) => source !== "hook");
    // A terminal whose window is not registered represents it.
    const ids = new Set(hosts.map(windowIdOf));
    const folders = new Set(hosts.map(describeSession));
    return [
      ...hosts,
      ...known.filter((session) =>
        session.source === "hook" && !ids.has(windowIdOf(session)) &&
        !folders.has(describeSession(session))
      ),
    ];
  } catch {
    return []; // The registry's own check reports its problems.
  }
}
