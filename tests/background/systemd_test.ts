/** `sessionctl service` and its units under a real systemd. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { underSystemd, withSystemd } from "./systemd_support.ts";

const SOCKET = "/run/user/0/sessionctl/registry.sock";

function test(name: string, script: string, check: (lines: string[]) => void): void {
  Deno.test(name, withSystemd, async () => {
    await using sandbox = await makeSandbox();
    check(await underSystemd(sandbox, script));
  });
}

test(
  "under systemd, the first client starts a registry that was stopped",
  `
sessionctl service install > /dev/null 2>&1
state sessionctl.service
sessionctl stop 2>&1 | sed -n '/listens/s/: .*//p'
becomes inactive sessionctl.service
sessionctl service status --json | sed -n 's/.*\\("active":[a-z]*\\).*/\\1/p'
sessionctl status | sed -n 's/ \\+/ /; /^status/p'
state sessionctl.service
stat -c '%a %A' ${SOCKET}
`,
  (lines) => {
    assertEquals(lines, [
      "active",
      "sessionctl",
      '"active":false',
      "status alive",
      "active",
      "600 srw-------",
    ]);
  },
);

test(
  "under systemd, stop and prune start no registry and leave the socket to systemd",
  `
sessionctl service install > /dev/null 2>&1
sessionctl stop 2> /dev/null
becomes inactive sessionctl.service
ls -i ${SOCKET} > before
sessionctl stop --json
state sessionctl.service
sessionctl prune --files > /dev/null 2>&1 || true
ls -i ${SOCKET} | cmp - before && echo kept
sessionctl list 2>&1
`,
  (lines) => {
    assertEquals(lines, [
      '{"stopped":null,"socketUnit":"sessionctl.socket"}',
      "inactive",
      "kept",
      "sessionctl: no sessions are registered",
    ]);
  },
);

test(
  "under systemd, a client waits for a registry that takes three seconds to start",
  `
sessionctl service install > /dev/null 2>&1
sessionctl stop 2> /dev/null
becomes inactive sessionctl.service
mkdir $HOME/.config/systemd/user/sessionctl.service.d
printf '[Service]\\nExecStartPre=/bin/sleep 3\\n' > $HOME/.config/systemd/user/sessionctl.service.d/slow.conf
systemctl --user daemon-reload
sessionctl list 2>&1
sessionctl doctor 2>&1 | grep -c 'runs on ${SOCKET}'
`,
  (lines) => assertEquals(lines, ["sessionctl: no sessions are registered", "1"]),
);

test(
  "under systemd, a registry that cannot start gives an error and no socket that hangs",
  `
sessionctl service install > /dev/null 2>&1
sessionctl stop 2> /dev/null
becomes inactive sessionctl.service
sed -i 's/^ExecStart=.*/ExecStart=\\/bin\\/false/' $HOME/.config/systemd/user/sessionctl.service
systemctl --user daemon-reload
sessionctl list 2>&1 || echo "exit $?"
becomes failed sessionctl.socket
sessionctl service status || echo "exit $?"
`,
  (lines) => {
    assertEquals(
      lines.filter((line) => line.startsWith("exit")),
      ["exit 3", "exit 1"],
      lines.join("\n"),
    );
    assert(lines.includes("socket    failed"), lines.join("\n"));
  },
);

test(
  "under systemd, serve on systemd's socket is refused, and no registry is started",
  `
sessionctl service install > /dev/null 2>&1
sessionctl stop 2> /dev/null
becomes inactive sessionctl.service
sessionctl serve 2>&1 || echo "exit $?"
state sessionctl.service
`,
  ([reason, hint, exit, state]) => {
    assertMatch(reason!, /systemd's sessionctl\.socket listens on/);
    assertMatch(hint!, /systemctl --user stop sessionctl\.socket/);
    assertEquals([exit, state], ["exit 1", "inactive"]);
  },
);

test(
  "under systemd, a socket unit replaces a registry that was started by hand",
  `
sessionctl service install > /dev/null 2>&1
systemctl --user stop sessionctl.service sessionctl.socket
sessionctl serve --detach > /dev/null 2>&1
systemctl --user start sessionctl.socket
sessionctl list 2>&1
state sessionctl.service
pgrep -c -x sessionctl
`,
  (lines) => assertEquals(lines, ["sessionctl: no sessions are registered", "active", "1"]),
);

test(
  "under systemd, service install changes a service with a socket into one without, and back",
  `
units() { (cd $HOME/.config/systemd/user; find . -name 'sessionctl*' | sort | tr '\\n' ' '; echo); }
sessionctl service install > /dev/null 2>&1
units
sessionctl service install -- serve --supervise > /dev/null 2>&1
units
state sessionctl.service
sessionctl service install > /dev/null 2>&1
units
state sessionctl.service
sessionctl service uninstall > /dev/null 2>&1
units
state sessionctl.socket
ls ${SOCKET} 2> /dev/null || echo gone
`,
  (lines) => {
    const withSocket = "./sessionctl.service ./sessionctl.socket " +
      "./sockets.target.wants/sessionctl.socket ";
    const without = "./default.target.wants/sessionctl.service ./sessionctl.service ";
    assertEquals(lines, [
      withSocket,
      without,
      "active",
      withSocket,
      "active",
      "",
      "inactive",
      "gone",
    ]);
  },
);

test(
  "under systemd, the first client starts a relay, which gets its port from systemd",
  `
sessionctl service install -- relay --listen 127.0.0.1:18443 --self-signed --to /tmp/e.sock \\
  > /dev/null 2>&1
systemctl --user stop sessionctl-relay.service
state sessionctl-relay.socket
/run/deno eval 'const conn = await Deno.connect({ hostname: "127.0.0.1", port: 18443 });
  conn.close();'
becomes active sessionctl-relay.service
sessionctl service uninstall --name relay > /dev/null 2>&1
state sessionctl-relay.socket
`,
  (lines) => assertEquals(lines, ["active", "inactive"]),
);
