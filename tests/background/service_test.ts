/** `sessionctl service`, with stand-ins for the service managers that record their calls. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run, testProgram } from "../support/mod.ts";
import { manage, onLinux } from "./service_support.ts";
import { spawnServer } from "../registry/serve_support.ts";
import { until } from "../support/mod.ts";

testProgram(
  "service install writes the unit, enables it in systemd, and reports both",
  async (program) => {
    await using sandbox = await makeSandbox();
    const service = await manage(sandbox, program);
    const installed = await service.run("install");
    const paths = [service.unit, service.socket];
    assertEquals(
      [installed.code, installed.stdout],
      [0, `${paths.join("\n")}\n`],
      installed.stderr,
    );
    assertStringIncludes(installed.stderr, "the files were written");
    assertStringIncludes(installed.stderr, "ran: systemctl --user enable sessionctl.service");
    assertStringIncludes(installed.stderr, "loginctl enable-linger");
    assertEquals(service.told(), [
      "systemctl --user daemon-reload",
      "systemctl --user enable sessionctl.service",
      "systemctl --user start sessionctl.service",
    ]);
    const text = await Deno.readTextFile(service.unit);
    assertMatch(text, /^ExecStart=\/.* serve --no-detach --no-supervise$/m);
    assertMatch(text, /^Requires=sessionctl\.socket$/m);
    assertStringIncludes(
      text,
      `Environment=SESSIONCTL_SOCKET=${sandbox.path("run/registry.sock")}`,
    );
    const socket = await Deno.readTextFile(service.socket);
    assertStringIncludes(socket, `ListenStream=${sandbox.path("run/registry.sock")}\n`);
    const printed = await service.run("install", "--print");
    assertEquals(printed.stdout, `# ${paths[0]}\n${text}\n# ${paths[1]}\n${socket}`);
  },
  onLinux,
);

Deno.test(
  "installing a service again changes nothing, or restarts it if its files changed",
  onLinux,
  async () => {
    await using sandbox = await makeSandbox();
    const service = await manage(sandbox, compiled, "exit 0", "yes");
    await service.run("install");
    const again = await service.run("install");
    assertEquals(again.code, 0);
    assertStringIncludes(again.stderr, "the files were there already");
    assert(!again.stderr.includes("linger"), "it lingers already");
    const changed = await service.run("install", "--json", "--", "serve", "--idle-timeout", "2h");
    const { outcome, done, left, lingering } = JSON.parse(changed.stdout);
    assertEquals([outcome, left, lingering], ["replaced", [], true]);
    assertEquals(done.slice(1).map((step: string[]) => step.slice(2).join(" ")), [
      "reenable sessionctl.service",
      "stop sessionctl.service sessionctl.socket",
      "start sessionctl.service",
    ]);
    assertStringIncludes(
      await Deno.readTextFile(service.unit),
      " serve --no-detach --no-supervise --idle-timeout=2h\n",
    );
  },
);

Deno.test(
  "without a user systemd, service install writes the unit and lists the remaining commands",
  onLinux,
  async () => {
    await using sandbox = await makeSandbox();
    const service = await manage(sandbox, compiled, "echo 'no bus here' >&2; exit 1");
    const installed = await service.run("install");
    assertEquals([installed.code, installed.stdout], [1, `${service.unit}\n${service.socket}\n`]);
    assertStringIncludes(installed.stderr, "systemd could not be reached: no bus here");
    for (const step of ["daemon-reload", "enable sessionctl.service", "start sessionctl.service"]) {
      assertStringIncludes(installed.stderr, `\n    systemctl --user ${step}\n`);
    }
    assert((await Deno.stat(service.unit)).isFile);
    const removed = await service.run("uninstall");
    assertEquals(removed.code, 1);
    assertStringIncludes(
      removed.stderr,
      "systemctl --user disable --now sessionctl.service sessionctl.socket",
    );
    // The remaining commands are left to the user, in order.
    assertEquals(
      service.told().at(-1),
      "systemctl --user disable --now sessionctl.service sessionctl.socket",
    );
    assertEquals(await Deno.stat(service.unit).catch(() => "gone"), "gone");

    await Deno.remove(sandbox.path("bin/systemctl"));
    const env = { PATH: sandbox.path("bin"), SESSIONCTL_SOCKET: sandbox.path("run/none.sock") };
    const missing = await run(compiled, sandbox, { args: ["service", "install", "--json"], env });
    assertEquals(missing.code, 1);
    assertEquals(JSON.parse(missing.stdout).reason, "systemctl is not installed");
  },
);

Deno.test(
  "service uninstall stops and removes the service, but leaves files that sessionctl did not write",
  onLinux,
  async () => {
    await using sandbox = await makeSandbox();
    const service = await manage(sandbox);
    const none = await service.run("uninstall");
    assertEquals(none.code, 1);
    assertStringIncludes(none.stderr, "no service is installed");
    await service.run("install");
    const removed = await service.run("uninstall", "--json");
    assertEquals(JSON.parse(removed.stdout).outcome, "removed", removed.stderr);
    assertEquals(service.told().slice(-2), [
      "systemctl --user disable --now sessionctl.service sessionctl.socket",
      "systemctl --user daemon-reload",
    ]);
    await Deno.writeTextFile(service.unit, "[Service]\nExecStart=/bin/true\n");
    for (const action of ["install", "uninstall"]) {
      const refused = await service.run(action);
      assertEquals(refused.code, 1);
      assertStringIncludes(refused.stderr, "was not written by sessionctl");
    }
    assertStringIncludes(await Deno.readTextFile(service.unit), "/bin/true");
  },
);

Deno.test(
  "service status shows systemd's state, and exits 1 when the service is not running",
  onLinux,
  async () => {
    await using sandbox = await makeSandbox();
    const service = await manage(
      sandbox,
      compiled,
      "case $* in *show*) printf 'MainPID=42\\nActiveState=active\\nUnitFileState=enabled\\n';; esac",
    );
    await service.run("install");
    const status = await service.run("status");
    assertEquals(status.code, 0);
    assertEquals(
      status.stdout,
      `service   sessionctl\nfile      ${service.unit}\nenabled   yes\nrunning   yes, pid 42\n`,
    );
    await Deno.writeTextFile(sandbox.path("bin/systemctl"), "#!/bin/sh\nexit 1\n");
    const down = await service.run("status", "--json");
    assertEquals(down.code, 1);
    assertEquals(JSON.parse(down.stdout).active, false);
  },
);

Deno.test(
  "service install is refused while a registry runs that is not this service",
  onLinux,
  async () => {
    await using sandbox = await makeSandbox();
    const service = await manage(sandbox);
    const server = spawnServer(sandbox, { socket: sandbox.path("run/registry.sock"), state: null });
    await until("it listens", () => server.lines.length > 0);
    const refused = await service.run("install");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, `(pid ${server.child.pid}), and not as this service`);
    assertStringIncludes(refused.stderr, "sessionctl stop");
  },
);

Deno.test("service install checks the service's command line", async () => {
  await using sandbox = await makeSandbox();
  const service = await manage(sandbox);
  for (
    const [args, reason] of [
      [["open", "a"], '"open" is not a long-running command'],
      [["serve", "--detach"], "omit --detach"],
      [["serve", "--no-such"], "unknown option --no-such"],
      [["relay", "--to"], "--to needs a value"],
      [["run", "--list"], "run needs the command"],
    ] as const
  ) {
    const { code, stderr } = await service.run("install", "--print", "--", ...args);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, reason);
  }
  const named = await service.run("install", "--print", "--name", "a b");
  assertEquals(named.code, 2);
  const action = await service.run("reload");
  assertEquals(action.code, 2);
});

Deno.test("service install makes paths in a command line absolute, and a relay has its own service", async () => {
  await using sandbox = await makeSandbox();
  const service = await manage(sandbox);
  const args = [
    "--manager",
    "systemd",
    "--",
    "relay",
    "--listen",
    ":8443",
    "--self-signed",
    "--to",
    "e.sock",
  ];
  const { stdout } = await service.run("install", "--print", "--json", ...args);
  const { file, text } = JSON.parse(stdout);
  assertEquals(file, sandbox.path("home/.config/systemd/user/sessionctl-relay.service"));
  assertStringIncludes(
    text,
    ` relay --listen=:8443 --to=${sandbox.path("e.sock")} --self-signed\n`,
  );
  assertStringIncludes(text, "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6");
  const reverse = ["--listen", "near.sock", "--to", "far.example:1"];
  const connect = await service.run(
    ...["install", "--print", "--json", "--manager", "systemd", "--", "relay", "connect"],
    ...reverse,
  );
  const unit = JSON.parse(connect.stdout);
  assertStringIncludes(unit.file, "/sessionctl-relay-connect.service");
  const listen = `--listen=${sandbox.path("near.sock")}`;
  assertStringIncludes(unit.text, ` relay connect ${listen} --to=far.example:1\n`);
});

Deno.test("a service keeps the config file named at installation, and its unit says so", async () => {
  await using sandbox = await makeSandbox();
  await Deno.writeTextFile(sandbox.path("mine.jsonc"), "{}");
  const args = [
    "service",
    "install",
    "--print",
    "--manager",
    "systemd",
    "--",
    "serve",
    "--verbose",
  ];
  const unitWith = async (config: string) =>
    (await run(compiled, sandbox, { args, env: { SESSIONCTL_CONFIG: config } })).stdout;
  const text = await unitWith("mine.jsonc");
  assertStringIncludes(text, `Environment=SESSIONCTL_CONFIG=${sandbox.path("mine.jsonc")}\n`);
  assertMatch(text, /^ExecStart=.* serve --no-detach --no-supervise --verbose$/m);
  assertStringIncludes(await unitWith("none"), "Environment=SESSIONCTL_CONFIG=none\n");
});

Deno.test("a service for run keeps the run's name, folder and PATH, and the command as given", async () => {
  await using sandbox = await makeSandbox();
  const service = await manage(sandbox);
  const install = ["install", "--print", "--json", "--manager", "systemd", "--", "run"];
  const named = await service.run(
    ...install,
    "--name",
    "web",
    "--",
    "code-server",
    "--auth",
    "a b",
  );
  const { file, text } = JSON.parse(named.stdout);
  assertEquals(file, sandbox.path("home/.config/systemd/user/sessionctl-web.service"));
  assertStringIncludes(text, ' run --name=web -- code-server --auth "a b"\n');
  assertStringIncludes(text, `WorkingDirectory=${sandbox.directory}\n`);
  assertStringIncludes(text, `Environment=PATH=${sandbox.path("bin")}:/usr/bin:/bin\n`);
  assert(!text.includes("NoNewPrivileges"), "sudo works in its terminals");
  const unnamed = await service.run(...install, "/opt/code-server");
  assertStringIncludes(JSON.parse(unnamed.stdout).file, "/sessionctl-code-server.service");
});

Deno.test("the manager allows a service its full stop timeout before it kills it", async () => {
  await using sandbox = await makeSandbox();
  const service = await manage(sandbox);
  const limitOf = async (manager: string, ...words: string[]) => {
    const args = ["install", "--print", "--manager", manager, "--", ...words];
    const { stdout } = await service.run(...args);
    return /TimeoutStopSec=(.*)|ExitTimeOut<\/key>\s*<integer>(.*)<\/integer>/.exec(stdout)
      ?.slice(1).find(Boolean);
  };
  assertEquals(await limitOf("systemd", "serve"), "20");
  assertEquals(await limitOf("systemd", "run", "--", "editor"), "120");
  assertEquals(await limitOf("systemd", "run", "--stop-timeout", "5m", "--", "editor"), "320");
  const supervised = ["serve", "--supervise", "--stop-timeout", "1m"] as const;
  assertEquals(await limitOf("systemd", ...supervised), "80");
  assertEquals(await limitOf("systemd", "run", "--stop-timeout=never", "editor"), "infinity");
  assertEquals(await limitOf("launchd", "run", "--stop-timeout=never", "editor"), "0");
  const relay = ["relay", "--listen", ":8443", "--self-signed", "--to", "e.sock"];
  assertEquals(await limitOf("systemd", ...relay, "--shutdown-timeout", "200s"), "220");
});

Deno.test("a launchd agent names the program, its variables and its log", async () => {
  await using sandbox = await makeSandbox();
  const service = await manage(sandbox);
  const args = ["--print", "--manager", "launchd", "--", "serve", "--upstream", "a<&>.sock"];
  const { stdout } = await service.run("install", ...args);
  assertStringIncludes(stdout, "<key>Label</key>\n  <string>sessionctl</string>");
  assertStringIncludes(stdout, `--upstream=${sandbox.path("a&lt;&amp;&gt;.sock")}</string>`);
  assertStringIncludes(stdout, "<key>SESSIONCTL_SOCKET</key>");
  assertStringIncludes(stdout, "sessionctl/log/sessionctl.log</string>");
  const removal = await service.run("uninstall", "--print", "--manager", "launchd");
  assertEquals(removal.stdout.split("\n").slice(0, 2), [
    `launchctl bootout gui/${Deno.uid()}/sessionctl`,
    `rm ${sandbox.path("home/Library/LaunchAgents/sessionctl.plist")}`,
  ]);
});
