import type { Sandbox } from "../../support/mod.ts";

/** The pid of the sandbox's code-server, whose parent is not one of its processes. */
export function editorProcess(sandbox: Sandbox): number | undefined {
  const pids = editorProcesses(sandbox);
  return pids.find((pid) => {
    const parent = /^PPid:\s*([0-9]+)/m.exec(readProcFile(pid, "status"))?.[1];
    return parent !== undefined && !pids.includes(Number(parent));
  });
}

/**
 * The pids of the sandbox's code-server and of all processes it started, except terminals' shells.
 */
export function editorProcesses(sandbox: Sandbox): number[] {
  const home = `HOME=${sandbox.env.HOME}`;
  return [...Deno.readDirSync("/proc")]
    .map(({ name }) => Number(name))
    .filter((pid) =>
      /node$/.test(readProcFile(pid, "cmdline").split("\0")[0]!) &&
      readProcFile(pid, "environ").split("\0").includes(home)
    );
}

/** Reads a file of the process; empty if the process has ended. */
function readProcFile(pid: number, name: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${name}`);
  } catch {
    return "";
  }
}

/** The socket of the sandbox's agent host, once the host listens on it. */
export function agentHostSocket(sandbox: Sandbox): string | undefined {
  for (const pid of editorProcesses(sandbox)) {
    if (!readProcFile(pid, "cmdline").includes("--type=agentHost")) continue;
    const path = /(?:^|\0)VSCODE_AGENT_HOST_SOCKET_PATH=([^\0]*)/
      .exec(readProcFile(pid, "environ"))?.[1];
    if (path !== undefined && isSocket(path)) return path;
  }
}

/** Kills the processes that have this argument. */
export function killByArgument(argument: string): void {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    if (!readProcFile(Number(name), "cmdline").split("\0").includes(argument)) continue;
    try {
      Deno.kill(Number(name), "SIGKILL");
    } catch { /* It has ended meanwhile. */ }
  }
}

function isSocket(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket === true;
  } catch {
    return false;
  }
}
