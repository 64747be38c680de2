import { deadline } from "@std/async/deadline";
import { discoverEditors } from "../discovery/mod.ts";
import { editorSocketDirectories, printablePath } from "../platform/mod.ts";
import { RegistryClient, workspaceFolders } from "../registry/mod.ts";
import { word } from "./shell_words.ts";
import type { Check, DoctorOptions, Finding } from "./types.ts";

/** More than that many are counted only. */
const SHOWN = 10;
const REGISTRY_LIMIT_MS = 2000;

/** The live windows there are, registered or not. */
export const editorsCheck: Check = {
  name: "editors",
  async run(options) {
    const [found, registered] = await Promise.all([
      discoverEditors({}, options.context),
      registeredFolders(options),
    ]);
    const live = found.filter(({ liveness }) => liveness === "live");
    const silent = found.filter(({ liveness }) => liveness === "unresponsive");
    const findings = live.slice(0, SHOWN).map((editor): Finding => {
      const { socketPath, kind } = editor;
      const known = registered.get(socketPath);
      const folders = known?.length ? known : editor.folders;
      const where = folders.length === 0
        ? "no folder known"
        : folders.map(printablePath).join(", ");
      const text = `${kind}: ${where} (${printablePath(socketPath)})`;
      if (known !== undefined) return { severity: "ok", text };
      const [folder] = folders;
      return {
        severity: "note",
        text: `${text}, not registered`,
        ...(folder === undefined ? {} : {
          fix: `sessionctl add ${word(socketPath, options.context)} ${
            word(folder, options.context)
          }`,
        }),
      };
    });
    if (live.length > SHOWN) {
      findings.push({ severity: "ok", text: `and ${live.length - SHOWN} more` });
    }
    for (const { socketPath } of silent) {
      const text = `does not answer: ${printablePath(socketPath)}`;
      findings.push({ severity: "note", text });
    }
    if (findings.length > 0) return findings;
    const places = editorSocketDirectories(options.context).map(printablePath).join(", ");
    return [{ severity: "note", text: `no live editor window has its socket in ${places}` }];
  },
};

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
    return new Map(); // The registry's own check tells what is wrong with it.
  }
}
