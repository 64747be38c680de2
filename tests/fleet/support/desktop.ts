import { vscodeBase } from "../../../scripts/vscode_ipc.ts";
import { type Host, type Running, until } from "../../support/mod.ts";

const STAND_IN = "/run/deno run --quiet --allow-all --no-check " +
  "/run/repo/tests/fleet/support/desktop_process.ts 1000";
const ENV = {
  HOME: "/home/ann",
  XDG_RUNTIME_DIR: "/run/user/1000",
  DENO_DIR: "/run/deno-cache",
  DENO_NO_UPDATE_CHECK: "1",
};

export interface Desktop {
  readonly running: Running;
  /** The files that the start with this number, counted from 0, opened. */
  files(start: number): Promise<string[]>;
}

/** Starts the desktop editor of a user who works at `host`. */
export async function startDesktop(host: Host, ...folders: string[]): Promise<Desktop> {
  // A host has no network to get VS Code's modules from.
  await vscodeBase();
  const running = host.start(`${STAND_IN} ${folders.join(" ")}`, { user: "root", env: ENV });
  await until(() => running.errors.join("\n"), () => running.lines[0] === "listening");
  return {
    running,
    async files(start) {
      await until("the desktop gets a request", () => running.lines.length > start + 1);
      return JSON.parse(running.lines[start + 1]!)["file-uri"];
    },
  };
}
