import { join } from "@std/path/posix";
import { configDirectory, socketOwnership, system } from "../../platform/mod.ts";
import { runStep } from "./run_step.ts";
import { systemdUnits } from "./systemd_units.ts";
import type { ServiceManager, ServiceState } from "./types.ts";

const systemctl = (...words: string[]) => ["systemctl", "--user", ...words];
const directory = () => join(configDirectory(), "systemd/user");

/** The user's systemd. Source: systemctl(1). */
export const systemd: ServiceManager = {
  kind: "systemd",
  filePaths: (name) => [`${name}.service`, `${name}.socket`].map((file) => join(directory(), file)),
  render: (service) =>
    systemdUnits(service).map(({ name, text }) => ({ path: join(directory(), name), text })),
  installSteps({ name, socket }, known) {
    const service = `${name}.service`;
    const reload = [systemctl("daemon-reload")];
    // Re-enabling removes the symlinks that the former file requested.
    const enable = systemctl(known ? "reenable" : "enable", service);
    // A running unit keeps its old file until it is restarted. A socket unit does not start while
    // its service runs without it.
    if (!socket) return [...reload, enable, systemctl(known ? "restart" : "start", service)];
    const stop = known ? [systemctl("stop", service, `${name}.socket`)] : [];
    return [...reload, enable, ...stop, systemctl("start", service)];
  },
  dropSocketSteps: (name) => [systemctl("disable", "--now", `${name}.socket`)],
  uninstallSteps: (name, hasSocket) => ({
    before: [
      systemctl("disable", "--now", `${name}.service`, ...(hasSocket ? [`${name}.socket`] : [])),
    ],
    after: [systemctl("daemon-reload")],
  }),
  state,
};

const PROPERTIES = "LoadState,ActiveState,UnitFileState,MainPID,FragmentPath";
const RUNNING = ["active", "activating", "reloading"];

async function state(name: string): Promise<ServiceState> {
  const units = [`${name}.service`, `${name}.socket`];
  const shown = await runStep(systemctl("show", "-p", PROPERTIES, ...units));
  if (!shown.ok) return { enabled: false, active: false, pid: null, trouble: shown.reason };
  const [service = new Map<string, string>(), socket] = shown.stdout.split("\n\n").map(fieldsOf);
  const isEnabled = (unit: Map<string, string>) => unit.get("UnitFileState") === "enabled";
  const isActive = (unit: Map<string, string>) => RUNNING.includes(unit.get("ActiveState") ?? "");
  const hasSocket = socket !== undefined && socket.get("LoadState") === "loaded";
  return {
    enabled: isEnabled(service) || (hasSocket && isEnabled(socket)),
    active: isActive(service),
    pid: Number(service.get("MainPID")) || null,
    file: service.get("FragmentPath") || undefined,
    ...(hasSocket
      ? { socket: { state: socket.get("ActiveState") ?? "unknown", listening: isActive(socket) } }
      : {}),
  };
}

function fieldsOf(block: string): Map<string, string> {
  return new Map(block.split("\n").map((line) => line.split(/=(.*)/s, 2) as [string, string]));
}

/** Time limit for systemd to list its sockets, in milliseconds. */
const LIST_MS = 3000;

/**
 * The socket unit of the user's systemd that listens on `path`. This does not connect, because a
 * connection would start the service.
 *
 * @returns its name; undefined if there is none, or systemd cannot be reached.
 */
export async function socketUnitOf(path: string): Promise<string | undefined> {
  if (system.os !== "linux" || socketOwnership(path) !== "ours") return undefined;
  const list = systemctl("list-sockets", "--full", "--no-legend", "--no-pager");
  const listed = await runStep(list, LIST_MS);
  if (!listed.ok) return undefined;
  for (const line of listed.stdout.split("\n")) {
    const [, listens, unit] = /^\s*(.*\S)\s+(\S+\.socket)\s+\S+\s*$/.exec(line) ?? [];
    if (listens === path) return unit;
  }
  return undefined;
}
