import { describeFolder, type DesktopEditor, findDesktopEditors } from "../desktop/mod.ts";
import { mainSocketPaths, printablePath } from "../platform/mod.ts";
import type { Check, Finding } from "./types.ts";

/** Maximum number of listed windows of an editor; more are only counted. */
const SHOWN = 10;

/** The running desktop editors, and the leftovers of those that have ended. */
export const desktopCheck: Check = {
  name: "desktop editors",
  async run({ context }) {
    const sockets = mainSocketPaths(context);
    if (sockets.length === 0) return [];
    const editors = await findDesktopEditors({ context, sockets });
    return editors.map(findingOf);
  },
};

function findingOf(editor: DesktopEditor): Finding {
  const { mainSocket, name, version, state, windows } = editor;
  const socket = printablePath(mainSocket);
  const text = `${printablePath(name)} ${printablePath(version)} (${socket})`;
  switch (state) {
    case "live": {
      const details = windows.slice(0, SHOWN).map(describeWindow);
      if (windows.length > SHOWN) details.push(`and ${windows.length - SHOWN} more`);
      const count = windows.length === 1 ? "1 window" : `${windows.length} windows`;
      return { severity: "ok", text: `${text}: ${count}`, details };
    }
    case "dead":
      return {
        severity: "note",
        text: `${text} has ended and left its main socket`,
        fix: "sessionctl prune --files",
      };
    case "unresponsive":
      return { severity: "note", text: `${text} does not answer, so open skips it` };
    case "forbidden":
      return { severity: "note", text: `${socket} does not belong to this user, and is not used` };
    case "no-editor":
      return {
        severity: "note",
        text: `${socket} is not the main socket of an editor, and is not used`,
      };
  }
}

function describeWindow({ title, folderUris }: DesktopEditor["windows"][number]): string {
  const folders = folderUris.map(describeFolder).join(", ") || "no folder";
  return printablePath(title === "" ? folders : `${title}: ${folders}`);
}
