import { join } from "@std/path";
import { writeExecutables } from "../support/mod.ts";

/**
 * Programs that reach beyond the sandbox, need a terminal, or are not installed everywhere. Each is
 * replaced by a stub that does nothing, or the little that a document relies on.
 */
const IDLE = [
  ...["apt-get", "brew", "cursor", "devcontainer", "emacsclient", "gh"],
  ...["journalctl", "killall", "kubectl", "launchctl", "lazygit", "loginctl", "makepkg", "mutt"],
  ...["nix-env", "npm", "npx"],
  ...["nvim", "nvr", "pgrep", "pkill", "podman", "ranger", "scp", "ssh"],
  ...["sudo", "systemctl", "tmux", "vim", "xdg-open"],
];

/**
 * An editor server: under `sessionctl run` it runs until it is stopped; otherwise it ends
 * immediately.
 */
const SERVER = `[ -n "$SESSIONCTL_GUARD" ] || exit 0
trap 'exit 0' TERM
sleep 60 &
wait`;

const SCRIPTS: Record<string, string> = {
  "code": SERVER,
  "code-server": SERVER,
  "openvscode-server": SERVER,
  // Prints the first line, as Enter would select it.
  fzf: "head -n 1",
  // Docker's local end of a command in a container is the command.
  docker: "exit 0",
  // Accepts only the tasks that this repository has.
  deno: `[ "$1" != task ] || grep -q "\\"$2\\": {" "$SESSIONCTL_ROOT/deno.json"`,
  // Serves the sandbox's release; requests inside the sandbox go to the real curl.
  curl: `output=/dev/stdout
for argument; do
  [ "$last" != --output ] || output=$argument
  last=$argument
done
case "$*" in
  *unix-socket* | *127.0.0.1* | *localhost*) PATH=\${PATH#*:} exec curl "$@" ;;
  *.deb | *.rpm | */PKGBUILD | */sessionctl.rb | */sessionctl.nix) ;;
  *install.sh*) cat "$SESSIONCTL_ROOT/scripts/install.sh" ;;
  */releases/*) cat "\${0%/*}/../release/\${last##*/}" >"$output" ;;
esac`,
};

/**
 * Writes the stubs into `directory`, which comes first on `PATH`.
 *
 * @param root The repository, for the stubs that read it.
 */
export async function writeStubs(directory: string, root: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  const bodies = { ...Object.fromEntries(IDLE.map((name) => [name, "exit 0"])), ...SCRIPTS };
  const programs = Object.entries(bodies).map(([name, body]) => [
    join(directory, name),
    `#!/bin/sh\nSESSIONCTL_ROOT='${root}'\n${body}\n`,
  ]);
  await writeExecutables(Object.fromEntries(programs));
}
