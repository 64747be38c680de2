import { join } from "@std/path";

/** A package of the npm registry, pinned by the hash of its tarball. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** In the format of a lock file: `sha512-` and base64. */
  readonly integrity: string;
}

/**
 * Fetches a package with `npm pack`, checks its integrity, and unpacks the given paths into
 * `directory`, below `package/`.
 *
 * Files or folders of the package.
 * @throws {Error} if npm cannot fetch it, or its hash differs.
 */
export async function unpackPackage(
  { name, version, integrity }: PinnedPackage,
  paths: readonly string[],
  directory: string,
): Promise<void> {
  const tarball = (await output("npm", ["pack", "--silent", `${name}@${version}`], directory))
    .trim();
  const path = join(directory, tarball.split("\n").at(-1)!);
  const digest = await crypto.subtle.digest("SHA-512", await Deno.readFile(path));
  const found = `sha512-${new Uint8Array(digest).toBase64()}`;
  if (found !== integrity) {
    throw new Error(`${name}@${version} is not the pinned one: ${found}`);
  }
  await output("tar", ["-xzf", path, ...paths], directory);
  await Deno.remove(path);
}

async function output(command: string, args: string[], cwd: string): Promise<string> {
  const result = await new Deno.Command(command, { args, cwd, stderr: "piped" }).output();
  const decoder = new TextDecoder();
  if (!result.success) {
    throw new Error(`${command} ${args.join(" ")} failed: ${decoder.decode(result.stderr)}`);
  }
  return decoder.decode(result.stdout);
}
