/**
 * Bundles the extension for Node's extension host: `extension.js`, which the editor loads while the
 * window starts, and `companion.js`, which `extension.js` loads after that.
 *
 *   deno run --allow-all esbuild.mjs DIRECTORY [--readable]
 *
 * Modules of the program (`../src`) are shared: what they use of Deno's API comes from
 * `src/node/deno.ts`, and what the oldest Node of an editor lacks from `src/node/globals.ts`.
 */
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const [directory, readable] = process.argv.slice(2);

const lateModule = {
  name: "late-module",
  setup(plugins) {
    plugins.onResolve(
      { filter: /^\.\/companion\.ts$/ },
      ({ kind }) =>
        kind === "dynamic-import" ? { path: "./companion.js", external: true } : undefined,
    );
  },
};

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
  entryPoints: ["src/extension.ts", "src/companion.ts"],
  outdir: directory,
  bundle: true,
  platform: "node",
  // The Node of the oldest editor that `engines` of package.json allows.
  target: "node16",
  format: "cjs",
  external: ["vscode"],
  // `require`: the extension host provides the module `vscode` only to what is loaded this way.
  supported: { "dynamic-import": false },
  alias: { "@std/path/posix": "node:path/posix", "@std/path": "node:path" },
  inject: ["src/node/globals.ts"],
  define: {
    Deno: "deno",
    "Promise.withResolvers": "promiseWithResolvers",
    "Symbol.dispose": "symbolDispose",
  },
  plugins: [lateModule, withoutSideEffects],
  minify: readable !== "--readable",
  legalComments: "none",
  logLevel: "warning",
});
