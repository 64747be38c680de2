/** Plain ssh with a link, by `sessionctl init --ssh`, between hosts with Debian's OpenSSH. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Host, makeHosts, makeSandbox, until, withHosts } from "../support/mod.ts";
import { startDesktop } from "./support/desktop.ts";

const INIT = "sessionctl -q init --ssh hostb";
/** Lists the link sockets on the far host. */
const SOCKETS = "ls -d /tmp/sessionctl-link-* /run/user/1000/sessionctl-link-* 2>/dev/null; true";
/** Runs a command in a terminal, as if the user had typed it. */
const inTerminal = (command: string) => `script -qec "${command}" /dev/null </dev/null`;

/** The output of a session in {@link inTerminal}, without the terminal's and ssh's additions. */
const shown = (text: string) =>
  text.replace(/[^\n]*onnection to .* closed\./, "").replaceAll(/\^[@D]|[\b\r]/g, "").trim();

async function linkedHosts(sandbox: Awaited<ReturnType<typeof makeSandbox>>) {
  const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
  const desktop = await startDesktop(near);
  await near.output(INIT);
  await far.output("touch a.ts");
  return { near, far, desktop };
}

const noRegistry = (host: Host) => host.output("test ! -e /run/user/1000/sessionctl");

Deno.test(
  "after init --ssh, open in a plain ssh session lands in the editor at home",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const { near, desktop } = await linkedHosts(sandbox);
    const { code, stdout } = await near.run(inTerminal("ssh -t hostb sessionctl open a.ts:3"));
    assertEquals([code, shown(stdout)], [0, ""]);
    assertEquals(await desktop.files(0), ["vscode-remote://ssh-remote+hostb/home/ann/a.ts:3"]);
  },
);

Deno.test(
  "plain ssh with a user in the name is linked as that user's machine",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const { near, far, desktop } = await linkedHosts(sandbox);
    near.start("exec ssh -N ann@hostb");
    await until("the link is there", async () => await far.output(SOCKETS) !== "");
    await far.output("sessionctl open a.ts");
    assertEquals(await desktop.files(0), ["vscode-remote://ssh-remote+ann@hostb/home/ann/a.ts"]);
  },
);

Deno.test(
  "the second connection ends in the user's runtime directory, which the first has named",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const { near, far } = await linkedHosts(sandbox);
    near.start("exec ssh -N hostb");
    await until("the link is there", async () => await far.output(SOCKETS) !== "");
    assertMatch(await far.output(SOCKETS), /^\/tmp\/sessionctl-link-/);
    await far.output("sessionctl open a.ts");
    await near.output("pkill -x ssh");
    near.start("exec ssh -N hostb");
    const inRuntime = "stat -c '%a %U' /run/user/1000/sessionctl-link-*.sock";
    await until("the second link is there", async () => (await far.run(inRuntime)).code === 0);
    assertEquals(await far.output(inRuntime), "600 ann\n");
    await far.output("sessionctl open a.ts");
    await until("the first one is removed", async () => {
      await far.output("sessionctl prune --files");
      return /^\/run\/user\/1000\/sessionctl-link-\S+\n$/.test(await far.output(SOCKETS));
    });
  },
);

Deno.test(
  "scp, sftp, rsync, git and commands without a terminal connect as before, and print nothing",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
    await near.output(INIT);
    await far.output(
      "echo one > file; git init -q repo; cd repo; git -c user.name=A -c user.email=a@b commit -q --allow-empty -m one",
    );
    const commands = {
      "ssh hostb cat file": "one\n",
      "ssh -o BatchMode=yes hostb cat file": "one\n",
      "ssh -T hostb cat file": "one\n",
      "scp -q hostb:file copy && cat copy": "one\n",
      "echo get file got | sftp -q -b - hostb >/dev/null && cat got": "one\n",
      "git clone -q hostb:repo && git -C repo log --format=%s": "one\n",
      "ssh -o 'ProxyCommand ssh -W %h:%p hostb' hostb cat file": "one\n",
      "echo cat file | ssh -T hostb": "one\n",
      "ssh -G hostb 2>/dev/null | grep -c '^remoteforward'; true": "0\n",
      "command -v rsync >/dev/null && rsync hostb:file rsynced && cat rsynced || cat copy": "one\n",
    };
    for (const [command, expected] of Object.entries(commands)) {
      const { code, stdout, stderr } = await near.run(command);
      assertEquals([command, code, stdout, stderr], [command, 0, expected, ""]);
    }
    assertEquals(await far.output(SOCKETS), "");
    await noRegistry(near);
  },
);

Deno.test(
  "a host that refuses the forwarding is connected to, and ssh tells once",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const { near, far } = await linkedHosts(sandbox);
    await forbidForwarding(near, far);
    const { code, stdout } = await near.run(inTerminal("ssh -t hostb hostname"));
    assertEquals(code, 0);
    assertMatch(stdout, /hostb/);
    assertEquals(stdout.match(/forwarding failed/g)?.length, 1);
  },
);

async function forbidForwarding(near: Host, far: Host): Promise<void> {
  const forbid = "echo AllowStreamLocalForwarding no >> /etc/ssh/sshd_config; kill -HUP 1";
  await far.output(forbid, { user: "root" });
  await until("sshd is back", async () => (await near.run("ssh hostb true")).code === 0);
}

Deno.test(
  "without sessionctl, with ExitOnForwardFailure or with a hung registry, ssh connects without a link",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const { near, far } = await linkedHosts(sandbox);
    const session = inTerminal("ssh -t hostb hostname");
    await near.output("sed -i '1i ExitOnForwardFailure yes' .ssh/config");
    assertMatch((await near.run(session)).stdout, /no link: ExitOnForwardFailure[^]*hostb/);
    await noRegistry(near);
    await near.output("sed -i 1d .ssh/config; sessionctl -q serve --detach");
    await near.output("pkill -STOP -f '[s]essionctl serve'");
    assertMatch((await near.run(session)).stdout, /no link: [^]*hostb/);
    await near.output("pkill -CONT -f '[s]essionctl serve'");
    await near.output("rm /usr/local/bin/sessionctl", { user: "root" });
    const { code, stdout } = await near.run(session);
    assertEquals([code, shown(stdout)], [0, "hostb"]);
    assertEquals(await far.output(SOCKETS), "");
  },
);

Deno.test("ten plain sessions that start at once have a link each", withHosts, async () => {
  await using sandbox = await makeSandbox();
  const { near, far } = await linkedHosts(sandbox);
  // In a terminal, ssh reports why it has no link.
  const command = inTerminal("ssh -N hostb");
  const sessions = Array.from({ length: 10 }, () => near.start(`exec ${command}`));
  const said = () => sessions.flatMap(({ lines, errors }) => [...lines, ...errors]).join("\n");
  const count = async () => (await far.output(SOCKETS)).split("\n").length - 1;
  await until(() => `ten links are there; ssh said: ${said()}`, async () => {
    assertEquals(said(), "");
    return await count() === 10;
  }, 60_000);
});

Deno.test("ssh's settings start sessionctl once for each connection", withHosts, async () => {
  await using sandbox = await makeSandbox();
  const { near } = await linkedHosts(sandbox);
  const counting = '#!/bin/sh\necho started >>/tmp/starts\nexec /run/repo/dist/sessionctl "$@"\n';
  await near.output(
    `rm /usr/local/bin/sessionctl; printf '%s' '${counting}' >/usr/local/bin/sessionctl; ` +
      "chmod 755 /usr/local/bin/sessionctl",
    { user: "root" },
  );
  await near.output("ssh -fN hostb; SESSIONCTL_SSH_LINK=no ssh -fN hostb");
  assertEquals(await near.output("cat /tmp/starts"), "started\n");
});

Deno.test(
  "sessions over one master connection do not fail, whether or not it can forward",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const { near, far, desktop } = await linkedHosts(sandbox);
    await near.output(
      "sed -i '1i ControlPath ~/.ssh/%C' .ssh/config; ssh -o ControlMaster=yes -fN hostb",
    );
    await until("the link is there", async () => await far.output(SOCKETS) !== "");
    for (let at = 0; at < 3; at++) {
      const { code, stdout } = await near.run(inTerminal("ssh -t hostb hostname"));
      assertEquals([code, shown(stdout)], [0, "hostb"]);
    }
    assertEquals((await far.output(SOCKETS)).trim().split("\n").length, 2);
    await far.output("sessionctl open a.ts");
    await desktop.files(0);
    await near.output("ssh -O exit hostb 2>/dev/null");
    await forbidForwarding(near, far);
    await near.output("ssh -o ControlMaster=yes -fN hostb 2>/dev/null");
    const { code, stdout } = await near.run(inTerminal("ssh -t hostb hostname"));
    assertEquals(code, 0);
    assert(!/forwarding failed|disabling multiplexing|master forward/.test(stdout), stdout);
  },
);

Deno.test(
  "settings behind a link into a read-only place, or of another user, are left as they are",
  withHosts,
  async () => {
    await using sandbox = await makeSandbox();
    const [near] = await makeHosts(sandbox, ["laptop"]);
    const make = "mkdir /run/ro && echo 'Host *' > /run/ro/config && chown -R ann: /run/ro && " +
      "mount --bind /run/ro /run/ro && mount -o remount,ro,bind /run/ro && " +
      "echo 'Host *' > /etc/roots";
    await near.output(make, { user: "root" });
    for (
      const [target, reason] of [["/run/ro/config", /Read-only/], [
        "/etc/roots",
        /another user/,
      ]] as const
    ) {
      await near.output(`ln -sf ${target} .ssh/config`);
      const { code, stderr } = await near.run(INIT);
      assertEquals(code, 1);
      assertMatch(stderr, reason);
      assertEquals(
        await near.output("cat .ssh/config; ls -A .ssh"),
        "Host *\nauthorized_keys\nconfig\nid_ed25519\nknown_hosts\n",
      );
    }
  },
);
