/**
 * VS Code's own implementation of the channel protocol, for the tests and the benchmark: 37 files
 * (0.5 MB) of `@codingame/monaco-vscode-api` (MIT), which is VS Code's compiled source. The
 * package is 9 MB packed and depends on seven others. These files depend on nothing, so only they
 * are unpacked, once.
 */
import { join, resolve } from "@std/path";
import { type PinnedPackage, unpackPackage } from "./npm_package.ts";

const PACKAGE: PinnedPackage = {
  name: "@codingame/monaco-vscode-api",
  version: "37.6.1",
  integrity:
    "sha512-xKEnIdJl1pjkEHbijs+aS7SeBOQBTYEFPbbcVSQoHhzXZima15x7S0QoWMpy5oAlrpT6sFxRrGEhSXMMAYTpZw==",
};
const PATHS = [
  "package/external/tslib/tslib.es6.js",
  "package/vscode/src/vs/base/common",
  "package/vscode/src/vs/base/parts/ipc/common",
  "package/vscode/src/vs/nls.js",
];

const root = resolve(import.meta.dirname!, "..");

/**
 * The folder `vs/base` of VS Code's sources, below `.deno/`.
 *
 * @throws {Error} if npm cannot fetch the package, or its hash differs.
 */
export async function vscodeBase(): Promise<string> {
  const home = join(root, ".deno", `vscode-ipc-${PACKAGE.version}`);
  const base = join(home, "package/vscode/src/vs/base");
  if (await Deno.stat(base).then(() => true, () => false)) return base;
  await Deno.mkdir(join(root, ".deno"), { recursive: true });
  const fresh = await Deno.makeTempDir({ dir: join(root, ".deno"), prefix: "vscode-ipc-" });
  try {
    await unpackPackage(PACKAGE, PATHS, fresh);
    await Deno.writeTextFile(join(fresh, "package/package.json"), '{ "type": "module" }\n');
    // Another process may have been faster; its files passed the same check.
    await Deno.rename(fresh, home).catch(() => {});
  } finally {
    await Deno.remove(fresh, { recursive: true }).catch(() => {});
  }
  return base;
}

if (import.meta.main) console.log(await vscodeBase());
