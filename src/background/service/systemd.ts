import { join } from "@std/path/posix";
import { SessionctlError } from "../../errors.ts";
import { configDirectory } from "../../platform/mod.ts";
import { runStep } from "./run_step.ts";
import { MARK, type Service, type ServiceManager, type ServiceState } from "./types.ts";

/**
 * A systemd user unit. Only hardening that needs no namespaces: those a user's manager may
 * not make everywhere, and the unit would not start.
 *
 * Source: systemd.service(5), systemd.exec(5), systemd.syntax(7).
 */
export const systemd: ServiceManager = {
  kind: "systemd",
  filePath: (name) => join(configDirectory(), "systemd/user", `${name}.service`),
  render,
  installSteps: (name, known) => [
    ["systemctl", "--user", "daemon-reload"],
    ["systemctl", "--user", "enable", `${name}.service`],
    // One that runs goes on with its old file until it is restarted.
    ["systemctl", "--user", known ? "restart" : "start", `${name}.service`],
  ],
  uninstallSteps: (name) => ({
    before: [["systemctl", "--user", "disable", "--now", `${name}.service`]],
    after: [["systemctl", "--user", "daemon-reload"]],
  }),
  state,
};

function render(service: Service): string {
  const environment = Object.entries(service.env)
    .map(([name, value]) => `Environment=${quote(`${name}=${value}`)}`);
  const directory = service.workingDirectory === undefined
    ? []
    : [`WorkingDirectory=${line(service.workingDirectory)}`];
  return [
    `# ${MARK}`,
    "[Unit]",
    `Description=${line(service.description)}`,
    "StartLimitIntervalSec=60",
    "StartLimitBurst=5",
    "",
    "[Service]",
    "Type=notify",
    // A process that hangs is started again.
    "WatchdogSec=60",
    `ExecStart=${commandLine(service.command)}`,
    ...(service.reloads ? ["ExecReload=/bin/kill -HUP $MAINPID"] : []),
    ...environment,
    ...directory,
    "Restart=on-failure",
    "RestartSec=1",
    "# A wrong command line does not get better.",
    "RestartPreventExitStatus=2",
    `TimeoutStopSec=${Number.isFinite(service.stopSeconds) ? service.stopSeconds : "infinity"}`,
    ...hardening(service.needs),
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

function hardening(needs: Service["needs"]): string[] {
  // It ends its own children in order; what is left then is killed.
  if (needs === "everything") return ["KillMode=mixed"];
  const families = needs === "network"
    ? "AF_UNIX AF_INET AF_INET6 AF_NETLINK"
    // The runtime asks for the network's interfaces by AF_NETLINK.
    : "AF_UNIX AF_NETLINK";
  return [
    "KillMode=mixed",
    "UMask=0077",
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    `RestrictAddressFamilies=${families}`,
  ];
}

function commandLine(command: readonly string[]): string {
  // systemd takes no program whose path has quotes or backslashes in it; a shell does.
  const takes = !/["'\\]/.test(command[0]!);
  const [program, ...args] = takes ? command : ["/bin/sh", "-c", 'exec "$0" "$@"', ...command];
  // Variables are expanded in the arguments alone.
  return [quote(program!), ...args.map((arg) => quote(arg).replaceAll("$", "$$$$"))].join(" ");
}

/** One word, in quotes where it needs them; `%` begins a specifier everywhere. */
function quote(word: string): string {
  const escaped = bare(word).replace(/["\\]/g, "\\$&");
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? escaped : `"${escaped}"`;
}

/** A value to the end of its line, which a backslash would take beyond it. */
function line(text: string): string {
  if (!text.endsWith("\\")) return bare(text);
  throw new SessionctlError(
    "NOT_SUPPORTED",
    `a unit file cannot hold a text that ends with a backslash: ${JSON.stringify(text)}`,
  );
}

/** A value that is taken as it is, but for specifiers. */
function bare(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(text)) {
    throw new SessionctlError(
      "NOT_SUPPORTED",
      `a unit file cannot hold a control character: ${JSON.stringify(text)}`,
    );
  }
  return text.replaceAll("%", "%%");
}

async function state(name: string): Promise<ServiceState> {
  const unit = `${name}.service`;
  const show = ["systemctl", "--user", "show", "-p", "ActiveState,UnitFileState,MainPID", unit];
  const shown = await runStep(show);
  if (!shown.ok) return { enabled: false, active: false, pid: null, trouble: shown.reason };
  const fields = new Map(
    shown.stdout.split("\n").map((line) => line.split("=", 2) as [string, string]),
  );
  return {
    enabled: fields.get("UnitFileState") === "enabled",
    active: ["active", "activating", "reloading"].includes(fields.get("ActiveState") ?? ""),
    pid: Number(fields.get("MainPID")) || null,
  };
}
