import { join } from "@std/path";
import { RegistryClient, serveRegistry } from "../../src/registry/mod.ts";
import { defineService, serveChannels } from "../../src/ipc/mod.ts";
import { startFakeEditor } from "../bench/lib/programs.ts";

/** The calls to a desktop editor's main process that `open` makes. */
interface Diagnostics {
  getMainDiagnostics(): Promise<unknown>;
}
interface Launch {
  start(): Promise<void>;
}

/** A command line that the program runs before V8 writes down what it compiled. */
interface CommandLine {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** More than all command lines take on a slow machine. */
const LIMIT_MS = 60_000;
/** Time for V8 to finish compiling in the background, which the cache would record, in milliseconds. */
const SETTLE_MS = 300;

/**
 * The program that runs the command lines and writes the code cache.
 *
 * @param entry The name of the module that loads the script.
 */
export function warmUpModule(entry: string): string {
  return `import{lateScript,members,script}from"./${entry}";
const [output,late,lines,lateLines]=Deno.args;
const exit=code=>{if(code)throw new Error("exit code "+code)};
const run=async lines=>{
  for(const{args,env}of JSON.parse(lines)){
    for(const[name,value]of Object.entries(env))Deno.env.set(name,value);
    await members["./${entry}"](Object.create(Deno,{args:{value:args},exit:{value:exit}}));
    for(const name of Object.keys(env))Deno.env.delete(name);
  }
  await new Promise(done=>setTimeout(done,${SETTLE_MS}));
};
await run(lines);
Deno.writeFileSync(output,script.createCachedData());
await run(lateLines);
Deno.writeFileSync(late,lateScript.createCachedData());
`;
}

/**
 * Runs a program made from {@linkcode warmUpModule} beside a registry and the stand-ins of editors.
 *
 * @returns the code caches of both scripts.
 * @throws {Error} if a command line fails, with its output.
 */
export async function produceCodeCaches(
  program: string,
): Promise<{ readonly first: Uint8Array; readonly late: Uint8Array }> {
  const directory = await Deno.makeTempDir({ prefix: "warm-up-" });
  const path = (name: string) => join(directory, name);
  for (const name of ["home", "run/sessionctl", "folder", "desktop"]) {
    await Deno.mkdir(path(name), { recursive: true, mode: 0o700 });
  }
  await Deno.writeTextFile(path("folder/file.ts"), "");
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => Deno.remove(directory, { recursive: true }));
  cleanUp.use(await startFakeEditor(path("editor.sock")));
  const registry = await serveRegistry({ socketPath: path("run/sessionctl/registry.sock") });
  cleanUp.defer(() => registry.close());
  await new RegistryClient({ socket: registry.socketPath }).addSession({
    socketPath: path("editor.sock"),
    workspace: { folders: [{ uri: { scheme: "file", path: path("folder") } }] },
  });
  cleanUp.use(await startDesktopEditor(path));
  await runCommandLines(program, path);
  return { first: await Deno.readFile(path("cache")), late: await Deno.readFile(path("late")) };
}

/** Starts the stand-in of a desktop editor with a window on the folder `desktop`. */
async function startDesktopEditor(path: (name: string) => string): Promise<Disposable> {
  const folder = { $mid: 1, scheme: "file", path: path("desktop") };
  const windows = [{ id: 1, pid: Deno.pid, title: "file.ts", folderURIs: [folder] }];
  const getMainDiagnostics = () => Promise.resolve({ mainPID: Deno.pid, windows });
  // VS Code names the socket by the hash of its data directory and the start of its version.
  const data = new TextEncoder().encode(path("home/.config/Code"));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex().slice(0, 8);
  return await serveChannels(path(`run/vscode-${hash}-1.13-main.sock`), (peer) => {
    defineService<Diagnostics>("diagnostics").serve(peer, { getMainDiagnostics });
    defineService<Launch>("launch").serve(peer, { start: () => Promise.resolve() });
  });
}

async function runCommandLines(program: string, path: (name: string) => string): Promise<void> {
  const file = path("folder/file.ts");
  const inTerminal = { VSCODE_IPC_HOOK_CLI: path("editor.sock") };
  const lines: CommandLine[] = [
    { args: ["--version"], env: {} },
    { args: ["find", file], env: {} },
    { args: ["open", file], env: {} },
    { args: ["open", "--goto", `${file}:1:1`], env: inTerminal },
  ];
  // After the first cache is written, which functions for desktop windows would only enlarge.
  const lateLines: CommandLine[] = [{ args: ["open", path("desktop/file.ts")], env: {} }];
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [path("cache"), path("late"), JSON.stringify(lines), JSON.stringify(lateLines)],
    cwd: path("folder"),
    env: { HOME: path("home"), XDG_RUNTIME_DIR: path("run"), NO_COLOR: "1" },
    clearEnv: true,
    stdin: "null",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(
    `the commands failed for the code cache:\n${decoder.decode(stdout)}${decoder.decode(stderr)}`,
  );
}
