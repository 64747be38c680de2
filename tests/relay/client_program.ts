import { knowsClients } from "../../src/relay/start.ts";
import { compiled, makeSandbox, type Program, run, source } from "../support/mod.ts";

/**
 * The program for tests of `relay --client-ca` and `--route`: the compiled binary if its runtime
 * supports them, else the source if this runtime does; undefined if neither does.
 */
export const clientProgram: Program | undefined = await compiledKnowsClients()
  ? compiled
  : knowsClients()
  ? source
  : undefined;

async function compiledKnowsClients(): Promise<boolean> {
  await using sandbox = await makeSandbox();
  const { stdout } = await run(compiled, sandbox, { args: ["--version", "--json"] });
  return knowsClients(JSON.parse(stdout).deno);
}
