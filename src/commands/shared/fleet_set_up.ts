import { ExitCode, type Output, usage } from "../../cli/mod.ts";
import { isFleetName } from "../../fleet/mod.ts";

/**
 * Prints the commands for etcd's administrator that let each host write only its own keys.
 *
 * @param etcd The names of etcd's nodes, for certificates; empty to print no certificate commands.
 */
export function printSetUp(
  person: string,
  hosts: readonly string[],
  etcd: readonly string[],
  output: Output,
): number {
  if (hosts.length === 0) throw usage("fleet init needs HOST...", "name the machines of the fleet");
  if (!isFleetName(person)) {
    throw usage(`${JSON.stringify(person)} cannot be a name in a fleet`, "use --person NAME");
  }
  for (const host of hosts) {
    if (!isFleetName(host)) throw usage(`${JSON.stringify(host)} cannot be a name in a fleet`);
  }
  for (const name of etcd) {
    if (!isFleetName(name)) throw usage(`--etcd ${JSON.stringify(name)} is not a host's name`);
  }
  const certificates = etcd.length === 0 ? [] : certificateCommands(person, etcd, hosts);
  const commands = [...certificates, ...roleCommands(person, hosts)];
  if (output.json) {
    output.value({ person, hosts, commands });
    return ExitCode.Done;
  }
  for (const command of commands) output.line(command);
  output.note(
    "etcd asks for each user's password; store it on that host in a file with mode 0600",
  );
  const [host] = hosts;
  const [node = "ETCD"] = etcd;
  const files = etcd.length === 0 ? "" : ` --fleet-ca ca.pem --fleet-cert ${host}.pem` +
    ` --fleet-key ${host}.key`;
  output.note(
    `then run on ${host}: sessionctl serve --fleet https://${node}:2379 --fleet-host ${host} ` +
      `--fleet-user sessionctl-${person}-${host} --fleet-password-file FILE${files}`,
  );
  output.note(
    "roles take effect with: etcdctl auth enable; then run on each machine: sessionctl fleet check",
  );
  return ExitCode.Done;
}

function roleCommands(person: string, hosts: readonly string[]): string[] {
  const prefix = `/sessionctl/v1/${person}/`;
  return hosts.flatMap((host) => {
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
}

const NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

/**
 * Returns the commands that create a certificate authority, and certificates for etcd's nodes and
 * the hosts. The certificates have no common name, because etcd's gateway refuses certificates that
 * have one when authentication is enabled.
 */
function certificateCommands(
  person: string,
  etcd: readonly string[],
  hosts: readonly string[],
): string[] {
  const organization = `/O=sessionctl fleet of ${person}`;
  const sign = "openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 " +
    "-copy_extensions copy";
  return [
    `openssl req -x509 ${NEW_KEY} -days 3650 -subj '${organization}' -keyout ca.key -out ca.pem`,
    ...[...new Set([...etcd, ...hosts])].flatMap((name) => [
      `openssl req ${NEW_KEY} -subj '${organization}' -addext subjectAltName=${altName(name)} ` +
      `-keyout ${name}.key -out ${name}.csr`,
      `${sign} -in ${name}.csr -out ${name}.pem`,
    ]),
  ];
}

function altName(name: string): string {
  return /^[0-9.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`;
}
