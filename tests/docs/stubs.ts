import { join } from "@std/path";
import { writeExecutables } from "../support/mod.ts";

/**
 * Programs that reach beyond the sandbox, want a terminal, or are not everywhere: in
 * their place something that does nothing, or the little a document relies on.
 */
const IDLE = [
  ...["apt-get", "brew", "cursor", "devcontainer", "emacsclient", "gh"],
  ...["journalctl", "killall", "kubectl", "launchctl", "lazygit", "loginctl", "makepkg", "mutt"],
  ...["nix-env", "npm", "npx"],
  ...["nvim", "nvr", "pgrep", "pkill", "podman", "ranger", "scp", "ssh"],
  ...["sudo", "systemctl", "tmux", "vim", "xdg-open"],
];

/** An editor server under `sessionctl run` goes on until it is told to end; else it only passes by. */
const SERVER = `[ -n "$SESSIONCTL_GUARD" ] || exit 0
trap 'exit 0' TERM
sleep 60 &
wait`;

const SCRIPTS: Record<string, string> = {
  "code": SERVER,
  "code-server": SERVER,
  "openvscode-server": SERVER,
  // Takes the first line, as Enter does.
  fzf: "head -n 1",
  // The local end of a command in a container is the command.
  docker: "exit 0",
  // Only what this repository has tasks for.
  deno: `[ "$1" != task ] || grep -q "\\"$2\\": {" "$SESSIONCTL_ROOT/deno.json"`,
  // The release is the sandbox's; what is in the sandbox is asked for real.
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
 * Writes the stand-ins into `directory`, which goes first on `PATH`.
 *
 * @param root The repository, for those that look at it.
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
