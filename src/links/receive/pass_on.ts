import { hasCode, messageOf } from "../../errors.ts";
import { DeliveryRefusal } from "../refusal.ts";
import { findAtHome, type HopOptions } from "../reach/home.ts";
import { linkSockets } from "../reach/sockets.ts";
import { system } from "../../platform/mod.ts";
import type { FoundWindow } from "./windows.ts";

/** Time limit of the machine behind this one, in milliseconds; the sender waits for both. */
const TIMEOUT_MS = 1500;

/**
 * Finds a window for a path of a linked machine at the other end of the links to this machine: for
 * a user who has connected here, and from here to that machine. The machine at the other end
 * decides whether it accepts that, and by which authority its editor knows the linked machine.
 *
 * @param via The linked machine, as its link was typed here.
 * @param paths Absolute on that machine; the most specific first.
 * @throws {DeliveryRefusal} `not-allowed` if no window is found, and a machine does not accept
 * that.
 */
export async function findBeyond(
  via: string,
  paths: readonly string[],
): Promise<FoundWindow | undefined> {
  const links = linkSockets(system, false).filter(({ isFleet }) => !isFleet);
  let refusal: string | undefined;
  const hop: HopOptions = { via, timeoutMs: TIMEOUT_MS };
  const asked = links.map(({ path }) =>
    findAtHome(path, paths, hop).then(
      ({ home, authority, window }): FoundWindow | undefined =>
        window === null ? undefined : {
          window: { kind: "link", linkSocket: path, via },
          authority,
          ...window.folder !== null && { folder: window.folder },
          name: `${window.name} on ${home.host}`,
        },
      (error) => void (refusal ??= hasCode(error, "NOT_ALLOWED") ? messageOf(error) : undefined),
    )
  );
  const all = await Promise.all(asked);
  const found = all.find((window) => window?.folder !== undefined) ?? all.find(Boolean);
  if (!found && refusal !== undefined) throw new DeliveryRefusal("not-allowed", refusal);
  return found || undefined;
}
