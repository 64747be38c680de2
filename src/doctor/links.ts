import { hasCode, messageOf } from "../errors.ts";
import { findAtHome, type LinkSocket, linkSockets } from "../links/mod.ts";
import { printablePath } from "../platform/mod.ts";
import type { Check, Finding } from "./types.ts";

/** The machines at the other end of ssh connections, and the fleet. */
export const linksCheck: Check = {
  name: "links",
  async run({ context, path, registrySocket }) {
    const links = linkSockets(context, false, registrySocket);
    return await Promise.all(links.map((link) => findingOf(link, path)));
  },
};

async function findingOf(link: LinkSocket, path: string): Promise<Finding> {
  const place = `${link.isFleet ? "fleet" : "link"} ${printablePath(link.path)}`;
  try {
    const { home, window } = await findAtHome(link.path, [path]);
    const host = printablePath(home.host);
    if (window === null) return { severity: "note", text: `${place}: no editor runs there` };
    const text = `${place}: ${printablePath(window.name)} on ${host}`;
    const folder = window.folder === null ? "" : `, which has ${printablePath(window.folder)} open`;
    return { severity: "ok", text: `${text}${folder}` };
  } catch (error) {
    if (link.isFleet || !hasCode(error, "CONNECTION_REFUSED", "SOCKET_MISSING")) {
      return { severity: "note", text: `${place}: ${messageOf(error)}` };
    }
    return {
      severity: "note",
      text: `${place} was left by an ssh connection that has ended; the next open removes it`,
    };
  }
}
