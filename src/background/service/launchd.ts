import { join } from "@std/path/posix";
import { SessionctlError } from "../../errors.ts";
import { homeDirectory, logDirectory, system } from "../../platform/mod.ts";
import { runStep } from "./run_step.ts";
import { type ManagedService, MARK, type ServiceManager, type ServiceState } from "./types.ts";

/** The user's launchd agents. */
export const launchd: ServiceManager = {
  kind: "launchd",
  filePaths: (name) => [agentPath(name)],
  render: (service) => [{ path: agentPath(service.name), text: render(service) }],
  // launchd passes sockets only to programs that ask for them (launch_activate_socket).
  installSteps({ name }, known) {
    const bootstrap = ["launchctl", "bootstrap", domain(), agentPath(name)];
    return known ? [["launchctl", "bootout", target(name)], bootstrap] : [bootstrap];
  },
  dropSocketSteps: () => [],
  uninstallSteps: (name) => ({ before: [["launchctl", "bootout", target(name)]], after: [] }),
  state,
};

function agentPath(name: string): string {
  const home = homeDirectory();
  if (home === undefined) {
    throw new SessionctlError("STATE_UNAVAILABLE", "no home directory for the launchd agent", {
      hint: "set HOME",
    });
  }
  return join(home, "Library/LaunchAgents", `${name}.plist`);
}

const domain = () => `gui/${system.uid}`;
const target = (name: string) => `${domain()}/${name}`;

function render(service: ManagedService): string {
  const log = join(logDirectory(), `${service.name}.log`);
  const environment = Object.entries(service.env)
    .map(([name, value]) => `    ${key(name)}\n    ${string(value)}`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    `<!-- ${MARK} -->`,
    '<plist version="1.0">',
    "<dict>",
    `  ${key("Label")}\n  ${string(service.name)}`,
    `  ${key("ProgramArguments")}`,
    ["  <array>", ...service.command.map((word) => `    ${string(word)}`), "  </array>"].join("\n"),
    ...(environment.length === 0
      ? []
      : [`  ${key("EnvironmentVariables")}`, "  <dict>", ...environment, "  </dict>"]),
    ...(service.workingDirectory === undefined
      ? []
      : [`  ${key("WorkingDirectory")}\n  ${string(service.workingDirectory)}`]),
    `  ${key("RunAtLoad")}\n  <true/>`,
    `  ${key("KeepAlive")}\n  <dict>\n    ${key("SuccessfulExit")}\n    <false/>\n  </dict>`,
    `  ${key("ThrottleInterval")}\n  <integer>5</integer>`,
    // Zero means no limit.
    `  ${key("ExitTimeOut")}\n  <integer>${
      Number.isFinite(service.stopSeconds) ? service.stopSeconds : 0
    }</integer>`,
    ...(service.needs === "everything" ? [] : [`  ${key("Umask")}\n  <integer>63</integer>`]),
    `  ${key("StandardOutPath")}\n  ${string(log)}`,
    `  ${key("StandardErrorPath")}\n  ${string(log)}`,
    "</dict>",
    "</plist>",
    "",
  ].join("\n");
}

const key = (text: string) => `<key>${escape(text)}</key>`;
const string = (text: string) => `<string>${escape(text)}</string>`;

function escape(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text)) {
    throw new SessionctlError(
      "NOT_SUPPORTED",
      `a property list cannot contain a control character: ${JSON.stringify(text)}`,
    );
  }
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

async function state(name: string): Promise<ServiceState> {
  const printed = await runStep(["launchctl", "print", target(name)]);
  if (!printed.ok) {
    const unknown = /could not find service/i.test(printed.reason);
    const none = { enabled: false, active: false, pid: null };
    return unknown ? none : { ...none, trouble: printed.reason };
  }
  const pid = /^\s*pid = (\d+)$/m.exec(printed.stdout)?.[1];
  return { enabled: true, active: pid !== undefined, pid: pid ? Number(pid) : null };
}
