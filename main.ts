import process from "node:process";
import { main } from "./src/cli/mod.ts";
import { commands } from "./src/commands/mod.ts";

Deno.exit(await main(Deno.args, process.argv0, commands));
