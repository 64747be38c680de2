/** `open` inside tmux and inside a container of a host that is linked by ssh. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeHosts, makeSandbox, until, withHosts } from "../support/mod.ts";
import { startDesktop } from "./support/desktop.ts";

const SOCKETS = "ls -d /tmp/sessionctl-link-* /run/user/1000/sessionctl-link-* 2>/dev/null; true";

Deno.test(
  "in a tmux that was started over one link and attached over another, open uses the newer link",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [first, second, far] = await makeHosts(sandbox, ["laptop1", "laptop2", "hostb"]);
    const [one, two] = [await startDesktop(first), await startDesktop(second)];
    await far.output("touch a.ts b.ts");
    await first.output("sessionctl -q ssh hostb tmux new-session -d -s work");
    const type = (text: string) => far.output(`tmux send-keys -t work '${text}' Enter`);
    const attach =
      "tail -f /dev/null | TERM=xterm script -qec 'sessionctl -q ssh hostb -t tmux attach' /dev/null";
    first.start(attach);
    const attached = async () => (await far.output("tmux list-clients")).split("\n").length - 1;
    await until("the first laptop is attached", async () => await attached() === 1);
    await type("sessionctl open a.ts");
    assertEquals(await one.files(0), ["vscode-remote://ssh-remote+hostb/home/ann/a.ts"]);
    second.start(attach);
    await until("the second laptop is attached", async () => await attached() === 2);
    await first.output("pkill -x ssh");
    await until("the first laptop has left", async () => await attached() === 1);
    await type("sessionctl open b.ts");
    assertEquals(await two.files(0), ["vscode-remote://ssh-remote+hostb/home/ann/b.ts"]);
    assertEquals(one.running.lines.length, 2);
  },
);

/** A container without the host's network and processes, and with a single link socket. */
const CONTAINER = `
sock=$(${SOCKETS})
exec unshare --mount --net --pid --fork --mount-proc sh -ec '
touch /home/link.sock
mount --bind "$1" /home/link.sock
mount -t tmpfs tmpfs /run/user
mount -t tmpfs -o mode=1777 tmpfs /tmp
exec setpriv --reuid=1000 --regid=1000 --clear-groups env -i HOME=/home/ann \\
  PATH=/usr/local/bin:/usr/bin:/bin $2 sh -c "$3"
' sh "$sock"`;

Deno.test(
  "in a container that has a link's socket alone, SESSIONCTL_LINK leads open to the editor at home",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
    const desktop = await startDesktop(near);
    await far.output("touch a.ts");
    near.start("exec sessionctl -q ssh hostb -N");
    await until("the link is there", async () => await far.output(SOCKETS) !== "");
    const inContainer = (variable: string) =>
      far.run(`${CONTAINER} ${variable} 'sessionctl open /home/ann/a.ts:4'`, { user: "root" });
    const without = await inContainer("A=b");
    assertEquals(without.code, 1);
    assertStringIncludes(without.stderr, "links to other machines: none");
    const { code, stderr } = await inContainer("SESSIONCTL_LINK=/home/link.sock");
    assertEquals([code, stderr], [0, ""]);
    assertEquals(await desktop.files(0), ["vscode-remote://ssh-remote+hostb/home/ann/a.ts:4"]);
  },
);
