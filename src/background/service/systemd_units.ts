import { SessionctlError } from "../../errors.ts";
import { type ManagedService, MARK, type ServiceSocket } from "./types.ts";

/** A unit of systemd. */
export interface SystemdUnit {
  /** Its file's name, such as `sessionctl.socket`. */
  readonly name: string;
  /** The whole text of its file. */
  readonly text: string;
}

export interface UnitOptions {
  /** The comment in the first line; by default the mark of `service install`. */
  readonly mark?: string;
  /** The value of `Documentation=`. */
  readonly documentation?: string;
}

/**
 * The units of a service: its `.service`, then its `.socket` if it has one. The hardening options
 * need no namespaces, because a user's manager may not be allowed to create them, and the unit
 * would fail to start.
 *
 * Source: systemd.service(5), systemd.socket(5), systemd.exec(5), systemd.syntax(7).
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` for a text that a unit file cannot contain.
 */
export function systemdUnits(service: ManagedService, options: UnitOptions = {}): SystemdUnit[] {
  const { name, socket } = service;
  const units = [{ name: `${name}.service`, text: serviceUnit(service, options) }];
  if (socket) units.push({ name: `${name}.socket`, text: socketUnit(service, socket, options) });
  return units;
}

/**
 * The units of the registry that a package installs for all users, in the package's unit directory.
 * Each user enables them with `systemctl --user enable --now sessionctl.socket`.
 *
 * @param program The path of the installed program, such as `/usr/bin/sessionctl`.
 */
export function packagedRegistryUnits(program: string): SystemdUnit[] {
  return systemdUnits({
    name: "sessionctl",
    description: REGISTRY_DESCRIPTION,
    command: [program, "serve", ...UNDER_SOCKET_UNIT],
    env: {},
    needs: "unix-sockets",
    stopSeconds: 20,
    socket: { kind: "runtime", path: REGISTRY_RUNTIME_PATH, replaces: [program, "stop"] },
    onDemand: true,
  }, {
    mark: "Installed by the sessionctl package",
    documentation: "man:sessionctl(1)",
  });
}

export const REGISTRY_DESCRIPTION = "sessionctl: registry of the live editor windows";

/** The registry's usual socket, below `$XDG_RUNTIME_DIR`. */
export const REGISTRY_RUNTIME_PATH = "sessionctl/registry.sock";

/** Options of `serve` under a socket unit that override the config file. */
export const UNDER_SOCKET_UNIT: readonly string[] = ["--no-detach", "--no-supervise"];

function head(description: string, { mark = MARK, documentation }: UnitOptions): string[] {
  return [
    `# ${mark}`,
    "[Unit]",
    `Description=${line(description)}`,
    ...(documentation === undefined ? [] : [`Documentation=${documentation}`]),
  ];
}

function serviceUnit(service: ManagedService, options: UnitOptions): string {
  const { name, socket, onDemand = false } = service;
  const environment = Object.entries(service.env)
    .map(([name, value]) => `Environment=${quote(`${name}=${value}`)}`);
  const directory = service.workingDirectory === undefined
    ? []
    : [`WorkingDirectory=${line(service.workingDirectory)}`];
  return [
    ...head(service.description, options),
    // Without its socket unit, the service would bind a socket itself, and the unit another one
    // later.
    ...(socket ? [`Requires=${name}.socket`, `After=${name}.socket`] : []),
    "StartLimitIntervalSec=60",
    "StartLimitBurst=5",
    "",
    "[Service]",
    "Type=notify",
    // systemd restarts a process that hangs.
    "WatchdogSec=60",
    `ExecStart=${commandLine(service.command)}`,
    ...(service.reloads ? ["ExecReload=/bin/kill -HUP $MAINPID"] : []),
    ...environment,
    ...directory,
    "Restart=on-failure",
    "RestartSec=1",
    "# Do not retry a wrong command line.",
    "RestartPreventExitStatus=2",
    `TimeoutStopSec=${Number.isFinite(service.stopSeconds) ? service.stopSeconds : "infinity"}`,
    ...hardening(service.needs),
    "",
    "[Install]",
    ...(socket ? [`Also=${name}.socket`] : []),
    ...(socket && onDemand ? [] : ["WantedBy=default.target"]),
    "",
  ].join("\n");
}

function socketUnit(service: ManagedService, socket: ServiceSocket, options: UnitOptions): string {
  const listen = socket.kind === "runtime" ? `%t/${line(socket.path)}` : line(socket.listen);
  const isFile = socket.kind !== "address";
  return [
    ...head(`${service.description} (socket)`, options),
    "",
    "[Socket]",
    `ListenStream=${listen}`,
    ...(isFile ? ["SocketMode=0600", "DirectoryMode=0700", "RemoveOnStop=yes"] : []),
    ...(socket.replaces
      ? [
        "# systemd replaces the socket of a registry that was started by hand.",
        `ExecStartPre=-${commandLine(socket.replaces)} ${socketOption(listen)}`,
      ]
      : []),
    "",
    "[Install]",
    "WantedBy=sockets.target",
    "",
  ].join("\n");
}

/** @param listen The value of `ListenStream=`, whose specifiers are kept. */
function socketOption(listen: string): string {
  const word = `--socket=${listen.replaceAll("$", "$$$$")}`;
  return isPlain(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;
}

function hardening(needs: ManagedService["needs"]): string[] {
  // The process ends its own children in order; systemd kills any that remain.
  if (needs === "everything") return ["KillMode=mixed"];
  const families = needs === "network"
    ? "AF_UNIX AF_INET AF_INET6 AF_NETLINK"
    // The runtime queries the network interfaces through AF_NETLINK.
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
  // systemd accepts no program path with quotes or backslashes; a shell does.
  const takes = !/["'\\]/.test(command[0]!);
  const [program, ...args] = takes ? command : ["/bin/sh", "-c", 'exec "$0" "$@"', ...command];
  // systemd expands variables only in the arguments.
  return [quote(program!), ...args.map((arg) => quote(arg).replaceAll("$", "$$$$"))].join(" ");
}

/** Escapes one word and quotes it if necessary; `%` begins a specifier everywhere. */
function quote(word: string): string {
  const escaped = bare(word).replace(/["\\]/g, "\\$&");
  return isPlain(word) ? escaped : `"${escaped}"`;
}

function isPlain(word: string): boolean {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word);
}

/**
 * Escapes a value up to the end of its line, where systemd drops blanks and a backslash continues
 * it.
 */
function line(text: string): string {
  if (!/[\\\s]$/.test(text)) return bare(text);
  throw new SessionctlError(
    "NOT_SUPPORTED",
    `a unit file cannot contain a value that ends with a backslash or a blank: ${
      JSON.stringify(text)
    }`,
  );
}

/** Escapes the specifiers of a value that is otherwise used unchanged. */
function bare(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(text)) {
    throw new SessionctlError(
      "NOT_SUPPORTED",
      `a unit file cannot contain a control character: ${JSON.stringify(text)}`,
    );
  }
  return text.replaceAll("%", "%%");
}
