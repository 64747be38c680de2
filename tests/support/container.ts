import { resolve } from "@std/path";
import { spawn } from "./running.ts";
import type { Sandbox } from "./sandbox.ts";

const root = resolve(import.meta.dirname!, "../..");

function canUnshare(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  try {
    return new Deno.Command("unshare", {
      args: ["--mount", "--pid", "--fork", "--mount-proc", "mount", "-t", "tmpfs", "x", "/tmp"],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false; // unshare is not installed.
  }
}

let known: boolean | undefined;

/**
 * The options of a test in a container; it is ignored without root, or where containers are
 * forbidden.
 */
export const withContainers = {
  /** Checked only on first use, because it takes two processes, and every test loads this file. */
  get ignore(): boolean {
    return !(known ??= canUnshare());
  },
};

/** Time limit of a script, for timeout(1). */
const LIMIT = "120s";

/** The beginning of every script: private directories, and the commands that scripts use. */
const PROLOGUE = `
set -eu
mount -t tmpfs tmpfs /run
mkdir /run/repo /run/user
mount --bind "$REPO" /run/repo
touch /run/deno
mount --bind "$DENO" /run/deno
# Its cache may lie in the /tmp that is about to be hidden.
mkdir -p "$DENO_DIR" /run/deno-cache
mount --bind "$DENO_DIR" /run/deno-cache
export DENO_DIR=/run/deno-cache
mount -t tmpfs -o mode=1777 tmpfs /tmp
cd /tmp
PATH=/run/repo/dist:$PATH
unset REPO DENO
# user UID COMMAND...: as that user, with nothing of root's environment.
user() {
  id=$1; shift
  env -i PATH="$PATH" HOME="/tmp/home-$id" XDG_CONFIG_HOME="/tmp/home-$id" \\
    setpriv --reuid="$id" --regid="$id" --clear-groups "$@"
}
# runtime UID: the directory that logind makes for a user.
runtime() { mkdir -m 700 "/run/user/$1"; chown "$1:$1" "/run/user/$1"; }
# window UID SOCKET FOLDER: an editor window of a user, with a terminal in that folder.
window() {
  mkdir -p "$3"
  /run/deno run --quiet --allow-all --no-check /run/repo/tests/support/window_of_user.ts \\
    "$1" "$2" > /tmp/told &
  until [ -S "$2" ]; do sleep 0.05; done
  (cd "$3"; user "$1" env VSCODE_IPC_HOOK_CLI="$2" sleep 1000) &
  until grep -qs VSCODE_IPC_HOOK_CLI /proc/[0-9]*/environ; do sleep 0.05; done
}
# told: what the window was told.
told() { until [ -s /tmp/told ]; do sleep 0.05; done; cat /tmp/told; }
`;

/**
 * Runs a shell script as root in a container with its own processes, /run and /tmp, and with
 * `sessionctl` on PATH. When the script ends, every process it started ends.
 *
 * @returns the lines of its output.
 * @throws {Error} if the script fails, with its whole output.
 */
export async function inContainer(sandbox: Sandbox, script: string): Promise<string[]> {
  const { lines, errors, ended } = spawn(sandbox, "env", [
    ...["-i", `PATH=${sandbox.env.PATH}`, "HOME=/root", `DENO_DIR=${sandbox.env.DENO_DIR}`],
    ...[`REPO=${root}`, `DENO=${Deno.execPath()}`, "NO_COLOR=1", "DENO_NO_UPDATE_CHECK=1"],
    // A script that hangs is ended and reported.
    ...[
      "timeout",
      "--signal=KILL",
      LIMIT,
      "unshare",
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      "--mount-proc",
    ],
    ...["sh", "-c", PROLOGUE + script],
  ]);
  const code = await ended;
  if (code === 0) return lines;
  throw new Error(`it exited with ${code}:\n${[...lines, ...errors].join("\n")}`);
}
