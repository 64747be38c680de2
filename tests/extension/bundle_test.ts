/**
 * The contents of the package, and that Node's stand-in for Deno has everything that the bundle
 * uses.
 */
import { assert, assertEquals } from "@std/assert";
import { join, resolve } from "@std/path";
import manifest from "../../deno.json" with { type: "json" };
import { deno } from "../../extension/src/node/deno.ts";
import { bundleExtension } from "../../scripts/extension/tools.ts";
import { buildExtension } from "../../scripts/extension/mod.ts";
import { makeSandbox } from "../support/mod.ts";
import { namesIn, PACKAGE, unzipped } from "./support/mod.ts";

const root = resolve(import.meta.dirname!, "../..");

/** The members of an object, and the members of those: `errors.NotFound`. */
function membersOf(object: object): string[] {
  return Object.entries(object).flatMap(([name, value]) => [
    name,
    ...(typeof value === "object" && value !== null ? Object.keys(value) : [])
      .map((member) => `${name}.${member}`),
  ]);
}

Deno.test("the bundle uses no Deno API that the extension does not provide", async () => {
  await using sandbox = await makeSandbox();
  const directory = sandbox.path("readable");
  await bundleExtension(join(root, "extension"), directory, { readable: true });
  const files = [...Deno.readDirSync(directory)].map(({ name }) => join(directory, name));
  const code = files.map((file) => Deno.readTextFileSync(file)).join("\n")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/\/\*[^]*?\*\//g, "")
    // The bundler names modules after their files.
    .replaceAll(/"[\w./]+\.ts"/g, "");
  const known = new Set(membersOf(deno));
  const used = [...code.matchAll(/\bdeno\d*\.((?:build|env|errors)\.\w+|\w+)/g)];
  assert(used.length > 10);
  assertEquals(used.map(([, member]) => member!).filter((member) => !known.has(member)), []);
  // Node 16 lacks these, so no shared module may use them.
  const newer =
    /\bDeno\.|\bimport\.meta\b|withResolvers\(|Symbol\.dispose|\.toHex\(|structuredClone/;
  assertEquals(newer.exec(code)?.[0], undefined);
  // A window is on one machine, so it only needs Unix sockets and files.
  const modules = [...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name!);
  assertEquals([...new Set(modules)].sort(), [
    "./companion.js",
    "node:buffer",
    "node:crypto",
    "node:fs",
    "node:http",
    "node:net",
    "node:path",
    "node:path/posix",
    "vscode",
  ]);
});

Deno.test("the package contains the extension, with the program's version", async () => {
  const archive = await Deno.readFile(PACKAGE);
  assertEquals(namesIn(archive).sort(), [
    "[Content_Types].xml",
    "extension.vsixmanifest",
    "extension/LICENSE.txt",
    "extension/dist/companion.js",
    "extension/dist/extension.js",
    "extension/icon.png",
    "extension/package.json",
    "extension/readme.md",
  ]);
  const text = new TextDecoder().decode(await unzipped(archive, "extension/package.json"));
  const about = JSON.parse(text);
  assertEquals([`${about.publisher}.${about.name}`, about.version], [
    "sessionctl.companion",
    manifest.version,
  ]);
  assertEquals(about.devDependencies, undefined);
});

Deno.test("two builds give the same package", async () => {
  await using sandbox = await makeSandbox();
  const output = sandbox.path("again.vsix");
  await buildExtension(root, { output });
  assertEquals(await Deno.readFile(output), await Deno.readFile(PACKAGE));
});
