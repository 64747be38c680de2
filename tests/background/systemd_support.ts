import { basename } from "@std/path";
import { makeSandbox, type Sandbox } from "../support/mod.ts";
import { inContainer, withContainers } from "../support/container.ts";

/** Mount points of control groups on Linux: systemd's legacy hierarchy, and the unified one. */
const HIERARCHIES = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/** The user manager stays in the control group that it starts in. */
const MANAGER = `
mkdir -p /run/systemd/system
runtime 0
for hierarchy in ${HIERARCHIES.join(" ")}; do
  [ -f $hierarchy/cgroup.procs ] || continue
  mkdir -p $hierarchy/$GROUP
  echo 0 > $hierarchy/$GROUP/cgroup.procs
done
export HOME=/tmp/home XDG_RUNTIME_DIR=/run/user/0
mkdir -p $HOME/.config/systemd/user
env -i PATH="$PATH" HOME=$HOME XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR \\
  /usr/lib/systemd/systemd --user --unit=basic.target < /dev/null > /tmp/systemd.log 2>&1 &
# state UNIT: active, inactive, failed.
state() { systemctl --user is-active "$1" || true; }
# becomes STATE UNIT
becomes() {
  tries=0
  until [ "$(state "$2")" = "$1" ]; do
    tries=$((tries + 1)); [ $tries -lt 400 ] || { systemctl --user status "$2"; exit 1; }
    sleep 0.05
  done
}
tries=0
until systemctl --user is-system-running > /dev/null 2>&1; do
  tries=$((tries + 1)); [ $tries -lt 200 ] || { cat /tmp/systemd.log; exit 1; }
  sleep 0.05
done
`;

/**
 * Runs a shell script as root in a container in which root's systemd user manager runs.
 *
 * @returns the lines of its output.
 */
export async function underSystemd(sandbox: Sandbox, script: string): Promise<string[]> {
  const group = basename(sandbox.directory);
  sandbox.defer(() => {
    for (const hierarchy of HIERARCHIES) removeGroups(`${hierarchy}/${group}`);
  });
  return await inContainer(sandbox, `GROUP=${group}\n${MANAGER}${script}`);
}

/** Control groups can only be removed one by one, from the innermost outwards. */
function removeGroups(path: string): void {
  try {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      if (isDirectory) removeGroups(`${path}/${name}`);
    }
    Deno.removeSync(path);
  } catch { /* There is none, or its processes are about to end. */ }
}

async function canStart(): Promise<boolean> {
  if (withContainers.ignore) return false;
  await using sandbox = await makeSandbox();
  return await underSystemd(sandbox, "echo started").then(() => true, () => false);
}

/**
 * The options of a test under systemd; these tests are ignored where systemd is missing or cannot
 * start.
 */
export const withSystemd = { ignore: !(await canStart()) };
