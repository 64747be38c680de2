/** The companion extension: its tools from npm, its bundle, its package. */
import { join } from "@std/path";
import manifest from "../../deno.json" with { type: "json" };
import { newestChange } from "../newest_change.ts";
import { bundleExtension, installTools, runTool } from "./tools.ts";

/**
 * The times of the files in the package, in seconds since the epoch; zip supports none before 1980.
 */
const EPOCH = "946684800";
/** The contents of the package besides the bundle, the manifest and the licence. */
const FILES = ["README.md", "icon.png"];
/** The sources of the package. */
const SOURCES = [
  "extension",
  "src/errors.ts",
  "src/ipc",
  "src/platform",
  "scripts/extension",
  "LICENSE",
  "deno.json",
];

/**
 * Builds dist/companion.vsix.
 *
 * `ifChanged`: builds only if a source is newer than the package; `output`: another path.
 * @returns whether it was built.
 * @throws {Error} if a tool cannot be installed or fails, with its output.
 */
export async function buildExtension(
  root: string,
  { ifChanged = false, output = join(root, "dist/companion.vsix") } = {},
): Promise<boolean> {
  if (ifChanged) {
    const built = await Deno.stat(output).then(({ mtime }) => mtime?.getTime() ?? 0, () => 0);
    if (built > newestChange(root, SOURCES, ["node_modules"])) return false;
  }
  await installTools(join(root, "extension"));
  const staging = join(root, "build", `extension.${Deno.pid}`);
  try {
    await stage(root, staging);
    await writePackage(root, staging, output);
  } finally {
    await Deno.remove(staging, { recursive: true }).catch(() => {});
  }
  return true;
}

/** Creates the folder that is packaged. */
async function stage(root: string, staging: string): Promise<void> {
  const source = join(root, "extension");
  await bundleExtension(source, join(staging, "dist"));
  for (const name of FILES) await Deno.copyFile(join(source, name), join(staging, name));
  await Deno.copyFile(join(root, "LICENSE"), join(staging, "LICENSE"));
  const about = JSON.parse(await Deno.readTextFile(join(source, "package.json")));
  if (about.version !== manifest.version) {
    throw new Error(`extension/package.json says ${about.version}, deno.json ${manifest.version}`);
  }
  const text = JSON.stringify({ ...about, devDependencies: undefined, type: undefined }, null, 2);
  await Deno.writeTextFile(join(staging, "package.json"), `${text}\n`);
}

async function writePackage(root: string, staging: string, output: string): Promise<void> {
  const fresh = join(staging, "companion.vsix");
  const vsce = join(root, "extension/vsce.cjs");
  await runTool([
    vsce,
    "package",
    "--no-dependencies",
    "--no-rewrite-relative-links",
    "--out",
    fresh,
  ], {
    cwd: staging,
    // A zip file contains local times.
    env: { SOURCE_DATE_EPOCH: EPOCH, TZ: "UTC" },
  });
  await Deno.mkdir(join(output, ".."), { recursive: true });
  await Deno.rename(fresh, output);
}
