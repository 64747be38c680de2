import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { errnoOf } from "../../../src/errors.ts";
import { fileIdentity, removeIfSame, socketOwnership } from "../../../src/platform/mod.ts";

/** The names that single windows use, and those of interrupted takeovers. */
const NAMES = /^(?:window-[0-9a-f]{32}|ipc-[0-9a-f]{16}\.[0-9a-f]{8})\.sock(?:\.new)?$/;
/** Maximum number of sockets that a starting window checks. */
const MAX_FILES = 200;

/** Removes the sockets of windows whose extension host was killed. */
export async function removeLeftovers(directory: string): Promise<void> {
  const names = readdirSync(directory).filter((name) => NAMES.test(name));
  for (const path of names.slice(0, MAX_FILES).map((name) => join(directory, name))) {
    const identity = fileIdentity(path);
    if (!identity || socketOwnership(path) !== "ours") continue;
    if (await isRefused(path)) removeIfSame(path, identity);
  }
}

/** Whether no process listens there, which the system reports immediately. */
function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (refused: boolean) => {
      socket.destroy();
      resolve(refused);
    };
    socket.once("connect", () => done(false));
    socket.once("error", (error) => done(errnoOf(error) === "ECONNREFUSED"));
  });
}
