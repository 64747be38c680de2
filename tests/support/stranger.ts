import { join } from "@std/path";
import type { Sandbox } from "./sandbox.ts";
import { spawn } from "./running.ts";
import { until } from "./until.ts";

/** The options of a test with a second user. */
export const withStranger = { ignore: Deno.build.os !== "linux" || Deno.uid() !== 0 };

/** A user id without an account, for another user of the machine. */
export const STRANGER = 54_321;

/** The actions of the other user; see `stranger_script.ts`. */
export type Attack =
  | readonly ["take", string]
  | readonly ["take-briefly", string]
  | readonly ["flap", string]
  | readonly ["wait"]
  | readonly ["swap", string, string, string, string];

export interface Stranger {
  /** The data of each connection to the stranger. */
  readonly received: readonly string[];
  stop(): Promise<unknown>;
}

/** Starts a process of another user, or of `uid`, that performs `attack`. */
export async function startStranger(
  sandbox: Sandbox,
  attack: Attack,
  { uid = STRANGER, env = {} }: { uid?: number; env?: Record<string, string> } = {},
): Promise<Stranger> {
  const script = join(import.meta.dirname!, "stranger_script.ts");
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const command = [Deno.execPath(), "run", "--quiet", "--allow-all", "--no-check", script];
  const { lines, errors, stop } = spawn(
    sandbox,
    "env",
    [...variables, ...command, String(uid), ...attack],
  );
  await until(() => `the stranger starts: ${errors.join("\n")}`, () => lines[0] === "ready");
  return {
    get received() {
      return lines.slice(1).map((line) => JSON.parse(line) as string);
    },
    stop: () => stop("SIGKILL"),
  };
}

/** Waits until the stranger's socket is at `path`. */
export async function untilTaken(path: string, uid = STRANGER): Promise<void> {
  const isTaken = () => Deno.lstat(path).then((info) => info.uid === uid, () => false);
  await until("the stranger takes the name", isTaken, 20_000, 1);
}

/** A folder of the sandbox in which every user may create files, as in /tmp. */
export async function sharedFolder(sandbox: Sandbox, mode = 0o1777): Promise<string> {
  await Deno.chmod(sandbox.directory, 0o755);
  const folder = sandbox.path("shared");
  await Deno.mkdir(folder);
  await Deno.chmod(folder, mode);
  return folder;
}
