import { createRequire } from "node:module";

/**
 * `ws` is CommonJS and asks for Node's own modules by `require`. The bundler of Deno
 * 2.9 gives it one; that of 2.7 looks for a global.
 */
(globalThis as { require?: unknown }).require ??= createRequire(import.meta.url);
