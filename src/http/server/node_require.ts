import { createRequire } from "node:module";

/**
 * `ws` is CommonJS and loads Node's own modules with `require`. The bundler of Deno 2.9 provides
 * one; the bundler of 2.7 expects a global.
 */
(globalThis as { require?: unknown }).require ??= createRequire(import.meta.url);
