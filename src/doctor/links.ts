import { hasCode, messageOf } from "../errors.ts";
import { findAtHome, type LinkSocket, linkSockets } from "../links/mod.ts";
import { homeDirectory, printablePath, type SystemContext } from "../platform/mod.ts";
import { sshHostsIn, sshProgramIn } from "../shell/mod.ts";
import type { Check, Finding } from "./types.ts";

/** The machines at the other end of ssh connections, and the fleet. */
export const linksCheck: Check = {
  name: "links",
  async run({ context, path, registrySocket }) {
    const links = linkSockets(context, false, registrySocket);
    const findings = await Promise.all(links.map((link) => findingOf(link, path)));
    return [...findings, ...plainSshFindings(context)];
  },
};

/** The hosts to which plain ssh has a link (`init --ssh`). ssh says nothing if it cannot make one. */
function plainSshFindings(context: SystemContext): Finding[] {
  const file = `${homeDirectory(context)}/.ssh/config`;
  const text = context.readTextFile(file) ?? "";
  try {
    const names = sshHostsIn(text).map(({ name }) => name);
    const program = sshProgramIn(text);
    if (program === undefined || names.length === 0) return [];
    const hosts = names.join(", ");
    if (context.ownerOf(program) !== undefined) {
      return [{ severity: "ok", text: `plain ssh has a link to ${hosts}` }];
    }
    const reason = `${file} names ${program}, which does not exist`;
    return [{
      severity: "note",
      text: `plain ssh has no link to ${hosts}: ${printablePath(reason)}`,
      fix: `sessionctl init --ssh ${names[0]}`,
    }];
  } catch (error) {
    return [{ severity: "note", text: `${printablePath(file)}: ${messageOf(error)}` }];
  }
}

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
