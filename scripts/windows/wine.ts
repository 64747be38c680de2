/**
 * Wine, for Windows programs, in a separate Debian below `build/`, because the wine of Debian 12
 * cannot run Deno, but that of Debian 13 can. It is entered with chroot(1) in a mount namespace.
 */
import { join } from "@std/path";
import { prepareOnce } from "../prepare_once.ts";

const SUITE = "trixie";
/** Time limit of the installation, in milliseconds. */
const INSTALL_MS = 480_000;
/** Time limit of a program, in milliseconds. */
const RUN_MS = 300_000;
/** The repository's path inside the chroot; wine's drive Z: is its root. */
const INSIDE = "/sessionctl";

/** A Debian with wine. */
export interface Wine {
  /**
   * Runs a Windows program in the repository's folder, showing its output. When it ends, or after
   * five minutes, all the programs that it started end as well.
   */
  run(args: readonly string[]): Promise<{ success: boolean; output: string }>;
}

/**
 * Installs wine unless it is already installed.
 *
 * @param root The repository's folder.
 * @throws {Error} if it cannot be installed here, with the reason.
 */
export async function installWine(root: string, say: (line: string) => void): Promise<Wine> {
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") throw new Error("this is not x86-64 Linux");
  if (Deno.uid() !== 0) throw new Error("only root can install it");
  if (!await succeeds("unshare", ["--mount", "true"])) {
    throw new Error("this system allows no mount namespaces");
  }
  await installDebootstrap();
  const home = join(root, "build/wine");
  await prepareOnce(home, `${SUITE} wine`, async (directory) => {
    say(`installing wine from Debian ${SUITE} below build/`);
    const signal = AbortSignal.timeout(INSTALL_MS);
    await runQuietly(["debootstrap", "--variant=minbase", SUITE, directory], signal);
    const install = "apt-get install -qq -y --no-install-recommends wine wine64 && apt-get clean";
    await runQuietly(["chroot", directory, "sh", "-c", install], signal);
  });
  return { run: (args) => enter(home, root, args) };
}

async function installDebootstrap(): Promise<void> {
  if (await succeeds("debootstrap", ["--version"])) return;
  if (!await succeeds("apt-get", ["--version"])) throw new Error("debootstrap is not installed");
  const signal = AbortSignal.timeout(INSTALL_MS);
  await runQuietly(["apt-get", "update", "-qq"], signal);
  await runQuietly(
    ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "debootstrap"],
    signal,
  );
}

/** Enters the chroot in namespaces, so that mounts and programs end with their first process. */
const ENTER = `set -e
home=$1; root=$2; cache=$3; shift 3
mkdir -p "$home${INSIDE}" "$home/cache"
mount -t proc proc "$home/proc"
mount --bind "$root" "$home${INSIDE}"
# Where it is a link, what it leads to.
tools=$(readlink -f "$root/.deno")
mkdir -p "$home$tools"
mount --bind "$tools" "$home$tools"
mount --bind "$cache" "$home/cache"
exec chroot "$home" sh -c 'cd "$0"; wine "$@"; code=$?; wineserver -k; wineserver -w; exit $code' \\
  ${INSIDE} "$@"`;

async function enter(
  home: string,
  root: string,
  args: readonly string[],
): Promise<{ success: boolean; output: string }> {
  const cache = Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "/root", ".cache/deno");
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child"];
  const child = new Deno.Command("unshare", {
    args: [...namespaces, "sh", "-c", ENTER, "sh", home, root, cache, ...args],
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      WINEDEBUG: "-all",
      // Wine complains if it is missing.
      XDG_RUNTIME_DIR: "/run",
      DENO_DIR: "Z:\\cache",
    },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const late = setTimeout(() => {
    console.error(`the run took longer than ${RUN_MS / 1000} s, and was ended`);
    child.kill("SIGKILL");
  }, RUN_MS);
  const [shown, read] = child.stdout.tee();
  const [output] = await Promise.all([
    new Response(read).text(),
    shown.pipeTo(Deno.stdout.writable, { preventClose: true }),
  ]);
  const { success } = await child.status;
  clearTimeout(late);
  return { success, output };
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  try {
    const silent = { stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(command, { args: [...args], ...silent }).output()).success;
  } catch {
    return false; // It is not installed.
  }
}

async function runQuietly([command, ...args]: readonly string[], signal: AbortSignal) {
  const { success, stdout, stderr } = await new Deno.Command(command!, {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    signal,
  }).output();
  if (success) return;
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  throw new Error(`${command} failed: ${text.trim().split("\n").slice(-3).join("\n")}`);
}
