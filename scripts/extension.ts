/**
 * `deno task extension`: builds the companion extension, dist/companion.vsix. Equal sources give
 * an equal file.
 *
 *   deno task extension [--if-changed]
 */
import { resolve } from "@std/path";
import { buildExtension } from "./extension/mod.ts";

const root = resolve(import.meta.dirname!, "..");
try {
  const made = await buildExtension(root, { ifChanged: Deno.args.includes("--if-changed") });
  if (made) console.error("extension: dist/companion.vsix");
} catch (error) {
  console.error(`extension: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
