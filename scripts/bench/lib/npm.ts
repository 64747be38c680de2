import { join, resolve } from "@std/path";
import { prepareOnce } from "../../prepare_once.ts";

const cache = resolve(import.meta.dirname!, "../../..", ".deno", "bench");

/** Packages that a bench needs from npm for a comparison. */
export interface NpmSet {
  /** The folder's name below `.deno/bench/`. */
  readonly name: string;
  /** Exact versions by package. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Versions of indirect dependencies. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/**
 * Installs packages once, below `.deno/bench/`, without running their scripts.
 *
 * @returns the directory that holds `node_modules`.
 * @throws {Error} if npm is missing or cannot fetch them.
 */
export async function installFromNpm(set: NpmSet): Promise<string> {
  const { name, dependencies, overrides = {} } = set;
  const home = join(cache, name);
  const manifest = JSON.stringify({ private: true, dependencies, overrides });
  try {
    await prepareOnce(home, manifest, async (directory) => {
      await Deno.writeTextFile(join(directory, "package.json"), manifest);
      const npm = await new Deno.Command("npm", {
        args: ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd: directory,
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).output();
      if (!npm.success) throw new Error(new TextDecoder().decode(npm.stderr).trim());
    });
    return home;
  } catch (error) {
    throw new Error(`npm could not install ${name}`, { cause: error });
  }
}
