import { main } from "./src/cli/dispatch.ts";
import { commands } from "./src/commands/mod.ts";

// The global, because importing node:process costs each start half a millisecond.
// deno-lint-ignore no-process-global
Deno.exit(await main(Deno.args, process.argv0, commands));
