import { delay } from "@std/async/delay";
import { isRunning, lockHolder } from "../../src/platform/mod.ts";
import { supervisorLockPath } from "../../src/registry/mod.ts";
import { pidAt } from "../registry/serve_support.ts";
import { type Program, run, type RunResult, type Sandbox } from "../support/mod.ts";

/** A sandbox's background registry; its remaining processes are killed at the end. */
export interface Background {
  readonly socket: string;
  /** Runs sessionctl in an environment in which this registry is the only one. */
  run(...args: string[]): Promise<RunResult>;
  runWith(env: Record<string, string>, ...args: string[]): Promise<RunResult>;
  /** The pid of the registry that `run` started, if it answers. */
  pid(): Promise<number | undefined>;
  /** Waits until a registry process other than `former` answers. */
  nextPid(former: number): Promise<number>;
  log(): string;
}

/** A sandbox's registry, on its own socket, because `stop` looks at all usual places. */
export function backgroundOf(
  sandbox: Sandbox,
  program: Program,
  socket = sandbox.path("run", "sessionctl", "registry.sock"),
): Background {
  const directory = sandbox.path("home/.local/state/sessionctl/log");
  const runWith = (env: Record<string, string>, ...args: string[]) =>
    run(program, sandbox, { args, env: { SESSIONCTL_SOCKET: socket, ...env } });
  sandbox.defer(async () => {
    // The supervisor's pid as it wrote it, and only ours: it was started here.
    const supervisor = lockHolder(supervisorLockPath(socket));
    if (supervisor !== undefined) Deno.kill(supervisor, "SIGKILL");
    const pid = await pidAt(socket);
    if (pid !== undefined && isRunning(pid)) Deno.kill(pid, "SIGKILL");
  });
  return {
    socket,
    run: (...args) => runWith({}, ...args),
    runWith,
    pid: () => pidAt(socket),
    async nextPid(former) {
      for (const limit = Date.now() + 30_000; Date.now() < limit; await delay(20)) {
        const pid = await pidAt(socket);
        if (pid !== undefined && pid !== former) return pid;
      }
      throw new Error(`no registry process replaced ${former}`);
    },
    log: () =>
      [...Deno.readDirSync(directory)]
        .map(({ name }) => Deno.readTextFileSync(`${directory}/${name}`)).join(""),
  };
}
