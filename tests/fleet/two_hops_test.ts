/** A machine linked through another linked machine: `ssh hosta`, and from there `ssh hostb`. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Host, makeHosts, makeSandbox, until, withHosts } from "../support/mod.ts";
import { startDesktop } from "./support/desktop.ts";

const SOCKETS = "ls -d /tmp/sessionctl-link-* /run/user/1000/sessionctl-link-* 2>/dev/null; true";
const CONFIGURE = "mkdir -p .config/sessionctl; echo " +
  `'{"serve": {"link-hop": ["hosta/hostb=ssh-remote+b.example"]}}' > .config/sessionctl/config.jsonc`;

async function link(from: Host, to: Host): Promise<void> {
  from.start(`exec sessionctl -q ssh ${to.name} -N`);
  await until("the link is there", async () => await to.output(SOCKETS) !== "");
}

Deno.test(
  "over two hops, open lands in the editor at home that knows the second machine, also with --wait",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [home, a, b] = await makeHosts(sandbox, ["laptop", "hosta", "hostb"]);
    const desktop = await startDesktop(home, "vscode-remote://ssh-remote+b.example/home/ann");
    await home.output(CONFIGURE);
    await link(home, a);
    await link(a, b);
    await b.output("touch b.ts");
    await b.output("sessionctl open b.ts:3");
    const uri = "vscode-remote://ssh-remote+b.example/home/ann/b.ts";
    assertEquals(await desktop.files(0), [`${uri}:3`]);
    const waiting = b.start("sessionctl open --wait b.ts");
    assertEquals(await desktop.files(1), [uri]);
    await until(
      "the tab is closed",
      async () => (await home.run("rm /run/user/1000/sessionctl/links/wait-*")).code === 0,
    );
    assertEquals([await waiting.ended, waiting.errors], [0, []]);
  },
);

Deno.test(
  "without --link-hop, nothing of the second machine opens at home, and open says what to set",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [home, a, b] = await makeHosts(sandbox, ["laptop", "hosta", "hostb"]);
    const desktop = await startDesktop(home, "vscode-remote://ssh-remote+hosta/home/ann");
    await link(home, a);
    await link(a, b);
    const { code, stderr } = await b.run("touch b.ts; sessionctl open --verbose b.ts");
    assertEquals(code, 1);
    assertStringIncludes(stderr, "serve --link-hop hosta/hostb=AUTHORITY");
    assertEquals(desktop.running.lines.length, 1);
  },
);
