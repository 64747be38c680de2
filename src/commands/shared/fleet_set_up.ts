import { ExitCode, type Output, usage } from "../../cli/mod.ts";
import { isFleetName } from "../../fleet/mod.ts";

/** Prints the commands for etcd's administrator that let each host write only its own keys. */
export function printSetUp(person: string, hosts: readonly string[], output: Output): number {
  if (hosts.length === 0) throw usage("fleet init needs HOST...", "name the machines of the fleet");
  if (!isFleetName(person)) {
    throw usage(`${JSON.stringify(person)} cannot be a name in a fleet`, "use --person NAME");
  }
  for (const host of hosts) {
    if (!isFleetName(host)) throw usage(`${JSON.stringify(host)} cannot be a name in a fleet`);
  }
  const prefix = `/sessionctl/v1/${person}/`;
  const commands = hosts.flatMap((host) => {
    const role = `sessionctl-${person}-${host}`;
    return [
      `etcdctl role add ${role}`,
      `etcdctl role grant-permission ${role} --prefix=true read ${prefix}`,
      `etcdctl role grant-permission ${role} --prefix=true readwrite ${prefix}host/${host}/`,
      `etcdctl role grant-permission ${role} --prefix=true readwrite ${prefix}from/${host}/`,
      `etcdctl user add ${role}`,
      `etcdctl user grant-role ${role} ${role}`,
    ];
  });
  if (output.json) {
    output.value({ person, hosts, commands });
    return ExitCode.Done;
  }
  for (const command of commands) output.line(command);
  output.note(
    "etcd asks for each user's password; store it on that host in a file with mode 0600",
  );
  const [host] = hosts;
  output.note(
    `then run on ${host}: sessionctl serve --fleet https://ETCD:2379 --fleet-host ${host} ` +
      `--fleet-user sessionctl-${person}-${host} --fleet-password-file FILE`,
  );
  return ExitCode.Done;
}
