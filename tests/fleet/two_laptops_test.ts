/** Two machines linked to the same host: the choice of the one that gets a file. */
import { assertEquals } from "@std/assert";
import { makeHosts, makeSandbox, until, withHosts } from "../support/mod.ts";
import { startDesktop } from "./support/desktop.ts";

async function twoLaptops(sandbox: Awaited<ReturnType<typeof makeSandbox>>) {
  const [first, second, far] = await makeHosts(sandbox, ["laptop1", "laptop2", "hostb"]);
  const desktops = [await startDesktop(first), await startDesktop(second)] as const;
  for (const [at, laptop] of [first, second].entries()) {
    laptop.start("exec sessionctl -q ssh hostb -N");
    const links = async () => (await far.output("ls /tmp")).split("\n").length - 1;
    await until("the link is there", async () => await links() === at + 1);
  }
  await far.output("touch a");
  return { first, second, far, desktops };
}

Deno.test(
  "of two laptops, the one connected last gets a file, also inside tmux",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const { far, desktops: [one, two] } = await twoLaptops(sandbox);
    await far.output("sessionctl open a");
    await two.files(0);
    await far.output("TMUX=/tmp/tmux-1000/default,1,0 sessionctl open a");
    await two.files(1);
    assertEquals(one.running.lines.length, 1);
  },
);

Deno.test(
  "a laptop that is out of reach is passed over, and gets nothing when it is back",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const { second, far, desktops: [one, two] } = await twoLaptops(sandbox);
    await second.cable("down");
    await far.output("timeout 60 sessionctl open a");
    await one.files(0);
    await second.cable("up");
    await until(
      "the second laptop is back",
      async () => (await second.run("ssh hostb true")).code === 0,
    );
    await far.output("sessionctl open a");
    const starts = () => one.running.lines.length + two.running.lines.length - 2;
    await until("the second file is opened", () => starts() >= 2);
    assertEquals(starts(), 2);
  },
);
