import { deadline } from "@std/async/deadline";
import { type DiscoveredEditor, discoverEditors, terminalFolders } from "../discovery/mod.ts";
import { editorSocketPlaces, printablePath, type SystemContext } from "../platform/mod.ts";
import { RegistryClient, workspaceFolders } from "../registry/mod.ts";
import { word } from "./shell.ts";
import type { Check, DoctorOptions, Finding } from "./types.ts";

/** Maximum number of listed windows; more are only counted. */
const SHOWN = 10;
const REGISTRY_LIMIT_MS = 2000;

/** The live windows, registered or not. */
export const editorsCheck: Check = {
  name: "editors",
  async run(options) {
    const [found, registered] = await Promise.all([
      discoverEditors({}, options.context),
      registeredFolders(options),
    ]);
    const live = found.filter(({ liveness }) => liveness === "live");
    const silent = found.filter(({ liveness }) => liveness === "unresponsive");
    const terminals = terminalFolders(options.context);
    const findings = live
      .map((editor) =>
        windowFinding(editor, registered.get(editor.socketPath), terminals, options.context)
      )
      .sort((a, b) => urgency(b) - urgency(a))
      .slice(0, SHOWN);
    if (live.length > SHOWN) {
      findings.push({ severity: "ok", text: `and ${live.length - SHOWN} more` });
    }
    for (const { socketPath } of found.filter(({ liveness }) => liveness === "no-editor")) {
      const text = `not an editor window (for example an agent host): ${printablePath(socketPath)}`;
      findings.push({ severity: "ok", text });
    }
    for (const { socketPath } of silent) {
      const text = `does not answer: ${printablePath(socketPath)}`;
      findings.push({ severity: "note", text });
    }
    if (findings.length > 0) return findings;
    const places = editorSocketPlaces(options.context).map(printablePath).join(", ");
    return [{ severity: "note", text: `no socket of a live editor window in ${places}` }];
  },
};

/** If there are many windows, shows those with something to do. */
const urgency = ({ severity, fix }: Finding) => fix !== undefined ? 2 : severity === "note" ? 1 : 0;

/**
 * Describes a live window.
 *
 * `add` is only offered for folders of the window's terminals, because a language server may work
 * anywhere, and an added folder decides from then on.
 */
function windowFinding(
  { socketPath, kind, folders: discovered, knownTo }: DiscoveredEditor,
  registered: readonly string[] | undefined,
  terminals: ReadonlyMap<string, readonly string[]>,
  context: SystemContext,
): Finding {
  const folders = registered?.length ? registered : discovered;
  const where = folders.map(printablePath).join(", ") || "folder unknown";
  const text = `${kind}: ${where} (${printablePath(socketPath)})`;
  if (registered !== undefined) return { severity: "ok", text };
  if (knownTo !== undefined) {
    return { severity: "ok", text: `${text}, registered with code-server's own registry` };
  }
  const shown = terminals.get(socketPath) ?? [];
  if (shown.length === 0) return { severity: "note", text: `${text}, not registered` };
  const words = [socketPath, ...shown].map((path) => word(path, context)).join(" ");
  return {
    severity: "note",
    text: `${text}, not registered`,
    fix: `sessionctl add ${words}`,
  };
}

/** The folders of each registered window, by its socket. */
async function registeredFolders(
  { registrySocket }: DoctorOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  try {
    const client = new RegistryClient({ socket: registrySocket, timeoutMs: REGISTRY_LIMIT_MS });
    const sessions = await deadline(client.list(), REGISTRY_LIMIT_MS);
    return new Map(sessions.map((session) => [
      session.socketPath,
      workspaceFolders(session.workspace),
    ]));
  } catch {
    return new Map(); // The registry's own check reports its problems.
  }
}
