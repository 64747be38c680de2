import { join } from "@std/path";
import { runLogged } from "./command.ts";
import {
  installCodeServer,
  installNode,
  installPlaywright,
  RELEASES,
  VERSIONS,
} from "./packages.ts";
import { CACHE, type CodeServer, type Tools, TOOLS_FILE } from "./places.ts";
import { findChromium, installSystemPackages } from "./system.ts";

/** The installed tools, or the failures, one line each. */
export type Installed =
  | { readonly tools: Tools; readonly missing: readonly [] }
  | { readonly tools: undefined; readonly missing: readonly string[] };

/**
 * Installs everything that the scenarios need, each thing once. Continues after a failure, so that
 * all missing things are reported together.
 */
export async function installTools(say: (line: string) => void): Promise<Installed> {
  if (Deno.build.os !== "linux") return { tools: undefined, missing: ["Linux"] };
  await Deno.remove(join(CACHE, "install.log")).catch(() => {});
  const missing = await installSystemPackages(say);
  const canBuild = missing.length === 0;
  const attempt = async (name: string, install: () => string | Promise<string>) => {
    try {
      return await install();
    } catch (error) {
      missing.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const playwright = await attempt("playwright-core", () => installPlaywright(say));
  const codeServers: CodeServer[] = [];
  for (const release of RELEASES) {
    const { version } = release;
    const node = await attempt(`node ${release.node}`, () => installNode(release.node, say));
    const home = await attempt(`code-server ${version}`, () => {
      if (canBuild && node !== undefined) return installCodeServer(release, node, say);
      throw new Error("not installed, for what is named above is missing");
    });
    if (node === undefined || home === undefined) continue;
    codeServers.push({ version, node: join(node, "bin/node"), home });
  }
  const chromium = await findChromium();
  if (missing.length > 0 || playwright === undefined || chromium === undefined) {
    return { tools: undefined, missing };
  }
  const browser = (await runLogged(chromium, ["--version"])).trim();
  const tools: Tools = {
    codeServers,
    chromium,
    playwright,
    versions: {
      ...VERSIONS,
      node: RELEASES.map(({ node }) => node).join(", "),
      "code-server": RELEASES.map(({ version }) => version).join(", "),
      chromium: browser.replace(/^\D*/, "").replace(/ .*/, ""),
    },
  };
  await Deno.writeTextFile(TOOLS_FILE, JSON.stringify(tools, null, 2));
  return { tools, missing: [] };
}
