/** `sessionctl ssh` between hosts, with Debian's OpenSSH. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeHosts, makeSandbox, until, withHosts } from "../support/mod.ts";
import { startDesktop } from "./support/desktop.ts";

const REPOSITORY =
  "mkdir -p api/src && cd api && git init -q && echo 1 > src/a.ts && git add . && " +
  "git -c user.name=A -c user.email=a@b commit -qm one";

Deno.test(
  "over sessionctl ssh, open on the far host lands in the near one's desktop editor",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [near] = await makeHosts(sandbox, ["laptop", "hostb"]);
    const desktop = await startDesktop(near, "vscode-remote://ssh-remote+hostb/home/ann/api");
    await near.output(`ssh hostb '${REPOSITORY}'`);
    const there = "cd api && sessionctl open src/a.ts:12";
    const { code, stderr } = await near.run(`sessionctl -q ssh hostb '${there}'`);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(await desktop.files(0), [
      "vscode-remote://ssh-remote+hostb/home/ann/api/src/a.ts:12",
    ]);
  },
);

Deno.test(
  "over sessionctl ssh, git commit on the far host waits for the tab on the near one",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
    const desktop = await startDesktop(near);
    await far.output(REPOSITORY);
    const commit = 'cd api && echo 2 > src/a.ts && GIT_EDITOR="sessionctl open --wait" ' +
      "git -c user.name=A -c user.email=a@b commit -qa";
    const committing = near.start(`sessionctl -q ssh hostb '${commit}'`);
    const [message] = await desktop.files(0);
    assertEquals(message, "vscode-remote://ssh-remote+hostb/home/ann/api/.git/COMMIT_EDITMSG");
    await far.output("echo two > api/.git/COMMIT_EDITMSG");
    assertEquals(await far.output("git -C api log --format=%s"), "one\n");
    await near.output("rm /run/user/1000/sessionctl/links/wait-*");
    assertEquals([await committing.ended, committing.errors], [0, []]);
    assertEquals(await far.output("git -C api log --format=%s"), "two\none\n");
  },
);

Deno.test(
  "a wait over a link ends with an error at once when the ssh connection breaks",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
    const desktop = await startDesktop(near);
    const holding = near.start("exec sessionctl -q ssh hostb -N");
    await until(
      "the link is there",
      async () => (await far.run("ls /tmp/sessionctl-link-*")).code === 0,
    );
    const waiting = far.start("sessionctl open --wait /home/ann/a.txt");
    await desktop.files(0);
    const log = ".local/state/sessionctl/log/registry.log";
    await until("it waits", async () => (await near.run(`grep -q opened ${log}`)).code === 0);
    holding.child.kill("SIGKILL");
    await near.run("pkill -KILL -x ssh");
    assertEquals(await waiting.ended, 1);
    assertMatch(waiting.errors.join("\n"), /the link ended before the file was closed/);
  },
);

Deno.test(
  "the socket that sshd leaves behind is passed over and removed, and the next connection has its own",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
    await startDesktop(near);
    const ssh = (script: string) => near.output(`sessionctl -q ssh hostb '${script}'`);
    const [first] = (await ssh("ls /tmp")).split("\n");
    await until("sshd has ended", async () => (await far.run("sessionctl open a")).code === 1);
    assertEquals(await far.output("ls /tmp"), "");
    await ssh("touch a && sessionctl open a");
    assert(!(await far.output("ls /tmp")).includes(first!));
  },
);

Deno.test("sessionctl ssh gives ssh's exit code, terminal and arguments", withHosts, async () => {
  await using sandbox = await makeSandbox();
  const [near] = await makeHosts(sandbox, ["laptop", "hostb"]);
  assertEquals((await near.run("sessionctl -q ssh hostb exit 7")).code, 7);
  assertEquals((await near.run("sessionctl -q ssh no-such-host true")).code, 255);
  const tty = await near.run("script -qec 'sessionctl -q ssh hostb -t tty' /dev/null");
  assertMatch(tty.stdout, /\/dev\/pts\//);
  assertMatch((await near.run("sessionctl ssh hostb -G")).stdout, /^host hostb$/m);
  assertEquals(await near.output("echo in | sessionctl -q ssh hostb cat"), "in\n");
});

Deno.test("without a possible link a note says why, and ssh connects", withHosts, async () => {
  await using sandbox = await makeSandbox();
  const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
  const strict = await near.run("sessionctl ssh hostb -o ExitOnForwardFailure=yes hostname");
  assertEquals([strict.code, strict.stdout], [0, "hostb\n"]);
  assertMatch(strict.stderr, /no link: ExitOnForwardFailure is set/);
  await far.output("echo AllowStreamLocalForwarding no >> /etc/ssh/sshd_config; kill -HUP 1", {
    user: "root",
  });
  await until("sshd is back", async () => (await near.run("ssh hostb true")).code === 0);
  const refused = await near.run("sessionctl -q ssh hostb hostname");
  assertEquals([refused.code, refused.stdout], [0, "hostb\n"]);
  assertEquals(refused.stderr.match(/remote port forwarding failed/g)?.length, 1);
});

Deno.test(
  "sessions over one master connection forward the link once, and it lasts as long as the master",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
    await startDesktop(near);
    await near.output(
      "printf 'ControlMaster auto\\nControlPath ~/.ssh/%%C\\n' > .ssh/config; ssh -fN hostb",
    );
    for (let at = 0; at < 3; at++) await near.output("sessionctl -q ssh hostb true");
    assertEquals((await far.output("ls /tmp")).trim().split("\n").length, 1);
    await far.output("touch a && sessionctl open a");
  },
);

Deno.test("another user of the far host cannot use the link", withHosts, async () => {
  await using sandbox = await makeSandbox();
  const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
  const desktop = await startDesktop(near);
  near.start("exec sessionctl -q ssh hostb -N");
  await until(
    "the link is there",
    async () => (await far.run("ls /tmp/sessionctl-link-*")).code === 0,
  );
  assertEquals(await far.output("stat -c '%a %U' /tmp/sessionctl-link-*"), "600 ann\n");
  assertEquals((await far.run("touch b && sessionctl open b", { user: "bob" })).code, 1);
  await far.output("touch a && sessionctl open a");
  assertEquals(await desktop.files(0), ["vscode-remote://ssh-remote+hostb/home/ann/a"]);
  assertEquals(desktop.running.lines.length, 2);
});
