import { join } from "@std/path";

/** The file inside `node_modules` with the lock file from which it was installed. */
const MARKER = ".installed";
const INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

/** Installs the extension's build tools once, according to its lock file. */
export async function installTools(directory: string): Promise<void> {
  const lock = await Deno.readTextFile(join(directory, "package-lock.json"));
  const marker = join(directory, "node_modules", MARKER);
  if (await Deno.readTextFile(marker).catch(() => "") === lock) return;
  await run("npm", INSTALL, { cwd: directory });
  await Deno.writeTextFile(marker, lock);
}

/**
 * Bundles the extension into two files.
 *
 * @param directory The extension's sources, with their tools installed.
 * @param output The folder for the files.
 * @param options `readable`: without shortening names.
 */
export async function bundleExtension(
  directory: string,
  output: string,
  { readable = false } = {},
): Promise<void> {
  const script = join(directory, "esbuild.mjs");
  await runTool([script, output, ...(readable ? ["--readable"] : [])], { cwd: directory });
}

/** Runs a script of a tool with Deno, because the Node that comes with npm may be too old. */
export async function runTool(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string> },
): Promise<void> {
  const deno = ["run", "--quiet", "--allow-all", "--no-config", "--node-modules-dir=manual"];
  await run(Deno.execPath(), [...deno, ...args], options);
}

async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string> },
): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    ...options,
    args: [...args],
    stdin: "null",
  }).output();
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(
    `${command} ${args.join(" ")} failed:\n${decoder.decode(stdout)}${decoder.decode(stderr)}`,
  );
}
