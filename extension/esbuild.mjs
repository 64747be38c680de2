/**
 * Bundles the extension into one file for Node's extension host.
 *
 *   deno run --allow-all esbuild.mjs OUTPUT [--readable]
 *
 * Modules of the program (`../src`) are shared: what they use of Deno's API comes from
 * `src/node/deno.ts`, and what the oldest Node of an editor lacks from `src/node/globals.ts`.
 */
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const [output, readable] = process.argv.slice(2);

/** None of our modules does anything when it is loaded: what is not used is left out. */
const withoutSideEffects = {
  name: "without-side-effects",
  setup(plugins) {
    plugins.onResolve({ filter: /^\./ }, async ({ path, pluginData, ...options }) => {
      if (pluginData !== undefined || options.kind === "entry-point") return undefined;
      const { importer, resolveDir, kind } = options;
      const resolved = await plugins.resolve(path, { importer, resolveDir, kind, pluginData: {} });
      return { ...resolved, sideEffects: false };
    });
  },
};

await build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: ["src/extension.ts"],
  outfile: output,
  bundle: true,
  platform: "node",
  // The Node of the oldest editor that `engines` of package.json allows.
  target: "node16",
  format: "cjs",
  external: ["vscode"],
  alias: { "@std/path/posix": "node:path/posix", "@std/path": "node:path" },
  inject: ["src/node/globals.ts"],
  define: {
    Deno: "deno",
    "Promise.withResolvers": "promiseWithResolvers",
    "Symbol.dispose": "symbolDispose",
  },
  plugins: [withoutSideEffects],
  minify: readable !== "--readable",
  legalComments: "none",
  logLevel: "warning",
});
