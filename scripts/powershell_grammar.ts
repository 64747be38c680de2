/**
 * The PowerShell grammar with which the tests check sessionctl's PowerShell code: the WebAssembly
 * of `tree-sitter-powershell` (MIT) and of its parser, `web-tree-sitter` (MIT), unpacked once.
 */
import { join, resolve } from "@std/path";
import { type PinnedPackage, unpackPackage } from "./npm_package.ts";
import { prepareOnce } from "./prepare_once.ts";

const GRAMMAR: PinnedPackage = {
  name: "tree-sitter-powershell",
  version: "0.26.4",
  integrity:
    "sha512-5RwNW/qN/cKArZY0znvTOG+OWSau7Agel5K0A8KQ5Nubw/4SyZ5KC02RKCaYcA2ur5UQ8esyxe9+6yXup2MXkw==",
};
const PARSER: PinnedPackage = {
  name: "web-tree-sitter",
  version: "0.27.2",
  integrity:
    "sha512-ZRo86GKI4aOSBAqOrPmCtriExI3xIzu1sNw/V6v3b4QGxrEmO19FGwbMNdyhw3MJLAZIw0xAV0oSpqX361eAyQ==",
};

const root = resolve(import.meta.dirname!, "..");

/**
 * The folder with `web-tree-sitter.js` and `tree-sitter-powershell.wasm`, below `.deno/`.
 *
 * @throws {Error} if npm cannot fetch a package, or its hash differs.
 */
export async function powershellGrammar(): Promise<string> {
  const home = join(root, ".deno", `powershell-grammar-${GRAMMAR.version}`);
  await prepareOnce(home, GRAMMAR.integrity + PARSER.integrity, async (directory) => {
    await unpackPackage(GRAMMAR, ["package/tree-sitter-powershell.wasm"], directory);
    const parser = ["js", "wasm"].map((ending) => `package/web-tree-sitter.${ending}`);
    await unpackPackage(PARSER, parser, directory);
    await Deno.writeTextFile(join(directory, "package/package.json"), '{ "type": "module" }\n');
  });
  return join(home, "package");
}
