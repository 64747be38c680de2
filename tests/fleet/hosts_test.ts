import { assertEquals } from "@std/assert";
import { makeHosts, makeSandbox, until, withHosts } from "../support/mod.ts";

Deno.test(
  "test hosts have names, users and files of their own and reach each other by ssh",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
    assertEquals(await near.output("hostname; whoami; touch /tmp/only-here"), "laptop\nann\n");
    const there =
      "hostname; whoami; ls /tmp; echo $XDG_RUNTIME_DIR; sessionctl --version >/dev/null";
    assertEquals(await near.output(`ssh hostb '${there}'`), "hostb\nann\n/run/user/1000\n");
    assertEquals(await far.output("cat /proc/1/comm"), "sshd\n");
  },
);

Deno.test("a test host is out of reach while its cable is out", withHosts, async () => {
  await using sandbox = await makeSandbox();
  const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
  const ask = "ssh -o ConnectTimeout=1 hostb hostname";
  await far.cable("down");
  assertEquals((await near.run(ask)).code, 255);
  await far.cable("up");
  // The bridge needs a moment before it forwards again.
  await until("the host is back", async () => (await near.run(ask)).stdout === "hostb\n");
});
