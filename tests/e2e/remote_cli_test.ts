/** VS Code's remote command line, from the code-server releases that are installed here. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readTable, recordTable, remoteCli } from "../../scripts/remote_cli_table.ts";
import { RELEASES } from "../../scripts/e2e/mod.ts";
import { output } from "./support/output.ts";
import { scenario } from "./support/scenario.ts";

/** Newer releases do not send a URL that cannot be parsed. */
const CHANGED = 'open "--openExternal" "http://a b/"';

scenario(
  "VS Code's remote command line sends an editor the messages in the table",
  async ({ world }) => {
    const { home, node, version } = world.codeServer;
    const isRecorded = version === RELEASES[0]!.version;
    const rows = await recordTable(remoteCli(join(home, "lib/vscode"), node));
    const table = readTable();
    for (const [at, row] of rows.entries()) {
      if (isRecorded || row.name !== CHANGED) assertEquals(row, table[at]);
    }
    assertEquals(rows.length, table.length);
  },
);

scenario(
  "code --locate-shell-integration-path is answered by the window's server",
  async ({ world }) => {
    const { sandbox, codeServer } = world;
    // The package's own script needs the path of a Node outside the package.
    Object.assign(sandbox.env, {
      NODE_EXEC_PATH: codeServer.node,
      PATH: `${sandbox.env.PATH}:${join(codeServer.home, "lib/vscode/bin/remote-cli")}`,
    });
    const args = ["open", "--locate-shell-integration-path", "bash"];
    const path = (await output(sandbox, "sessionctl", args)).trim();
    // The tools of these tests may lie behind a symlink.
    const home = await Deno.realPath(codeServer.home);
    assert((await Deno.realPath(path)).startsWith(`${home}/`), path);
    assert((await Deno.stat(path)).isFile);
  },
);
