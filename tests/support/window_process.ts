import type { Sandbox } from "./sandbox.ts";

/**
 * Starts a process like those of an editor window (a terminal, a language server): it works in
 * `folder` and has the window's variables. The sandbox ends it.
 *
 * @param options `uid`: the user that runs it; `command`: its command, instead of `sleep 60`.
 */
export async function startWindowProcess(
  sandbox: Sandbox,
  folder: string,
  env: Record<string, string>,
  options: { readonly uid?: number; readonly command?: string } = {},
): Promise<void> {
  const { uid, command = "sleep" } = options;
  const child = new Deno.Command(command, {
    args: ["60"],
    cwd: folder,
    env,
    clearEnv: true,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  }).spawn();
  sandbox.defer(async () => {
    child.kill("SIGKILL");
    await child.status;
  });
  if (Deno.build.os !== "linux") return;
  // The kernel shows the new environment slightly after it has closed the old program's files.
  for (let attempt = 0; attempt < 500; attempt++) {
    if ((await Deno.readFile(`/proc/${child.pid}/environ`)).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
