import { type Arguments, option, usage } from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { isFleetName } from "../../fleet/mod.ts";
import { system } from "../../platform/mod.ts";

/** The options of `serve` for a fleet. */
export const fleetOptions = {
  fleet: option.text({
    summary: "Join the fleet on the etcd at https://HOST:PORT,... or unix:PATH",
    valueName: "URL",
    env: "SESSIONCTL_FLEET",
  }),
  fleetHost: option.value(readName, {
    summary: "Name of this machine in the fleet",
    valueName: "NAME",
    unlessGiven: "the host's name",
    requires: ["fleet"],
  }),
  fleetPerson: option.value(readName, {
    summary: "Person who owns the fleet",
    valueName: "NAME",
    unlessGiven: "the user's name",
    requires: ["fleet"],
  }),
  fleetAuthority: option.list(option.value(readAuthority, {
    summary: "Authority of a host that the editors here do not know as ssh-remote+HOST",
    valueName: "HOST=AUTHORITY",
    requires: ["fleet"],
  })),
  fleetTrust: option.list(option.value(readName, {
    kind: "host",
    summary: "Let this host open files of any host here, not only its own",
    valueName: "HOST",
    requires: ["fleet"],
  })),
  fleetCa: option.file({
    summary: "Certificates that etcd's certificate is checked against, PEM",
    requires: ["fleet"],
  }),
  fleetCert: option.file({
    summary: "Client certificate for etcd, PEM",
    requires: ["fleet", "fleet-key"],
  }),
  fleetKey: option.file({
    summary: "Key of --fleet-cert, PEM",
    requires: ["fleet", "fleet-cert"],
  }),
  fleetUser: option.text({
    summary: "User name at etcd",
    valueName: "NAME",
    requires: ["fleet", "fleet-password-file"],
  }),
  fleetPasswordFile: option.file({
    summary: "File with the password of --fleet-user in its first line",
    requires: ["fleet", "fleet-user"],
  }),
};

/** How `serve` joins a fleet, as plain data: the supervised registry gets it from its parent. */
export interface FleetOrder {
  readonly address: string;
  readonly person: string;
  readonly host: string;
  readonly authorities: readonly (readonly [host: string, authority: string])[];
  readonly trusted: readonly string[];
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly user?: string;
  readonly passwordFile?: string;
}

/**
 * Converts the options to a fleet's; undefined if they name none.
 *
 * @throws {SessionctlError} `USAGE` if the name of this machine or user is invalid in a fleet.
 */
export function fleetOrder(args: Arguments<typeof fleetOptions>): FleetOrder | undefined {
  if (args.fleet === undefined) return undefined;
  return {
    address: args.fleet,
    person: args.fleetPerson ?? defaultName(userName(), "--fleet-person"),
    host: args.fleetHost ?? defaultName(Deno.hostname().toLowerCase(), "--fleet-host"),
    authorities: args.fleetAuthority,
    trusted: args.fleetTrust,
    ca: args.fleetCa,
    cert: args.fleetCert,
    key: args.fleetKey,
    user: args.fleetUser,
    passwordFile: args.fleetPasswordFile,
  };
}

/** The user's name from the environment; empty if it has none. */
export function userName(): string {
  return system.env("USER") || system.env("LOGNAME") || system.env("USERNAME") || "";
}

function defaultName(name: string, option: string): string {
  if (isFleetName(name)) return name;
  throw new SessionctlError("USAGE", `${JSON.stringify(name)} cannot be a name in a fleet`, {
    hint: `choose one with ${option} NAME`,
  });
}

function readName(text: string, what: string): string {
  if (isFleetName(text)) return text;
  throw usage(`${what} is not a name: ${text}`, "use letters, digits, dots, hyphens, underscores");
}

function readAuthority(text: string, what: string): readonly [string, string] {
  const [host = "", authority = ""] = text.split(/=(.*)/s);
  if (isFleetName(host) && /^[a-z][a-z0-9-]*\+./.test(authority)) return [host, authority];
  throw usage(`${what} is not HOST=AUTHORITY: ${text}`, "such as hostb=ssh-remote+b.example.com");
}
