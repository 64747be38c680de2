import {
  type Arguments,
  type CommandContext,
  defineCommand,
  ExitCode,
  formatAge,
  option,
  type Output,
} from "../cli/mod.ts";
import { askFleet, checkFleet, type FleetStatus } from "../fleet/mod.ts";
import { printablePath } from "../platform/mod.ts";
import { userName } from "./serve/fleet_options.ts";
import { refuseOnWindows } from "./shared/refuse_on_windows.ts";
import { hostTable } from "./shared/fleet_table.ts";

const ACTIONS = ["status", "init", "check"] as const;

const options = {
  person: option.text({
    summary: "With init: the person who owns the fleet",
    valueName: "NAME",
    unlessGiven: "the user's name",
  }),
  etcd: option.list(option.text({
    summary: "With init: also print the commands that make certificates, with this name for etcd's",
    valueName: "NAME",
  })),
};

/** `sessionctl fleet`: shows the hosts of the fleet, or how to set one up. */
export const command = defineCommand({
  name: "fleet",
  group: "registry",
  summary: "Show the fleet of this machine, or how to set one up",
  operands: [{ name: "status|init|check", kind: ACTIONS }, { name: "HOST", arity: "any" }],
  options,
  examples: [
    { command: "sessionctl fleet status", does: "show the hosts, and whether etcd answers" },
    {
      command: "sessionctl fleet init laptop hostb",
      does: "print the etcdctl commands that set up a fleet with two hosts",
    },
    {
      command: "sessionctl fleet check",
      does: "check that etcd lets this machine write its own keys, and no others",
    },
  ],
  details: [
    "A fleet is the directory of a person's machines and windows on an etcd. A machine joins with " +
    "sessionctl serve --fleet URL. The exit code of status is 1 if the machine is in no fleet, 3 if " +
    "no registry runs, and 4 if etcd does not answer.",
  ],
  run: fleet,
});

async function fleet(context: CommandContext<Arguments<typeof options>>): Promise<number> {
  const { args, operands, output, socket } = context;
  const [action, ...hosts] = operands;
  if (action === "init") {
    const { printSetUp } = await import("./shared/fleet_set_up.ts");
    return printSetUp(args.person ?? userName(), hosts, args.etcd, output);
  }
  refuseOnWindows(`fleet ${action}`);
  if (action === "check") return await check(output, socket);
  const status = await askFleet(socket);
  if (output.json) output.value(status);
  else await show(status, output);
  return status.failure === undefined ? ExitCode.Done : ExitCode.TimedOut;
}

/** Prints the registry's findings about etcd. The exit code is 1 if there is a problem. */
async function check(output: Output, socket: string | undefined): Promise<number> {
  const findings = await checkFleet(socket);
  if (output.json) output.value(findings);
  else {
    for (const { severity, text } of findings) {
      output.line(`${severity.padEnd(7)}  ${printablePath(text)}`);
    }
  }
  const isSound = findings.every(({ severity }) => severity !== "problem");
  return isSound ? ExitCode.Done : ExitCode.Failed;
}

async function show(status: FleetStatus, output: Output): Promise<void> {
  const now = Date.now();
  const { person, host, failure, since, unpublished, hosts } = status;
  const age = formatAge(Math.max(now - since, 0));
  const engine = failure === undefined
    ? `answers, connected for ${age}`
    : `away for ${age}: ${failure}`;
  const rows: [string, string][] = [
    ["fleet of", person],
    ["this host", unpublished === undefined ? host : `${host}, not published: ${unpublished}`],
    ["etcd", engine],
  ];
  for (const [name, value] of rows) output.line(`${name.padEnd(12)}${printablePath(value)}`);
  if (hosts.length === 0) return;
  output.line("");
  for (const line of await hostTable(hosts, now)) output.line(line);
}
