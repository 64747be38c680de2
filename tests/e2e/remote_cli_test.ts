/** The table that `open` is held against, recorded again with the code-server that is installed here. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readTable, recordTable, remoteCli } from "../../scripts/remote_cli_table.ts";
import { output } from "./support/output.ts";
import { scenario } from "./support/scenario.ts";

scenario("VS Code's remote command line tells an editor what the table says", async ({ world }) => {
  const vscode = join(world.tools.codeServer, "lib/vscode");
  const recorded = await recordTable(remoteCli(vscode, world.tools.node));
  const table = new Map(readTable().map((row) => [row.name, row]));
  for (const row of recorded) assertEquals(row, table.get(row.name));
  assertEquals(recorded.length, table.size);
});

scenario(
  "code --locate-shell-integration-path gives the file of the window's server",
  async ({ world }) => {
    const { sandbox, tools } = world;
    const cli = join(tools.codeServer, "lib/vscode/bin/remote-cli");
    // Its script wants to be told of a Node elsewhere than in its package.
    Object.assign(sandbox.env, {
      NODE_EXEC_PATH: tools.node,
      PATH: `${sandbox.env.PATH}:${cli}`,
    });
    const args = ["open", "--locate-shell-integration-path", "bash"];
    const path = (await output(sandbox, "sessionctl", args)).trim();
    assertEquals(path.startsWith(`${tools.codeServer}/`), true, path);
    assertEquals((await Deno.stat(path)).isFile, true);
  },
);
