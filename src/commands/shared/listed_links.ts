import { tableLines } from "../../cli/table/mod.ts";
import { linkSocketPaths, printablePath, system } from "../../platform/mod.ts";

/** A link to another machine, as `list` prints it in JSON. */
export interface ListedLink {
  readonly kind: "link";
  /** The socket that ssh has forwarded to this machine. */
  readonly linkSocket: string;
  readonly liveness: "live" | "dead";
  /** The name of the machine at the other end; null if it does not answer. */
  readonly host: string | null;
  /** The editor there that would open files of this machine; null if there is none. */
  readonly editorName: string | null;
}

/** All links. If no file has the name of a link's socket, no further code loads. */
export async function linksListed(): Promise<ListedLink[]> {
  if (linkSocketPaths().length === 0) return [];
  const { findAtHome, linkSockets } = await import("../../links/mod.ts");
  const links = linkSockets(system, false).filter(({ isFleet }) => !isFleet);
  return await Promise.all(links.map(async ({ path }) => {
    const answer = await findAtHome(path, [Deno.cwd()]).catch(() => undefined);
    return {
      kind: "link" as const,
      linkSocket: path,
      liveness: answer === undefined ? "dead" as const : "live" as const,
      host: answer?.home.host ?? null,
      editorName: answer?.window?.name ?? null,
    };
  }));
}

/** The links as lines of a table, including the head. */
export async function linkTable(links: readonly ListedLink[]): Promise<string[]> {
  const rows = links.map(({ liveness, kind, host, editorName, linkSocket }) =>
    [liveness, kind, host ?? "", editorName ?? "", linkSocket].map(printablePath)
  );
  return await tableLines([["STATE", "KIND", "HOST", "EDITOR", "SOCKET"], ...rows]);
}
