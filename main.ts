import { main } from "./src/cli/dispatch.ts";
import { commands } from "./src/commands/mod.ts";
import { programName } from "./src/platform/mod.ts";

Deno.exit(await main(Deno.args, programName(), commands));
