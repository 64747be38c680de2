/** The socket units of `sessionctl service`, with a stand-in for systemctl. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run } from "../support/mod.ts";
import { manage, onLinux } from "./service_support.ts";

Deno.test("a service gets a socket unit if it can take its socket from systemd", async () => {
  await using sandbox = await makeSandbox();
  const service = await manage(sandbox);
  const planned = async (...words: string[]) => {
    const args = ["install", "--print", "--json", "--manager", "systemd", "--", ...words];
    const { stdout, stderr } = await service.run(...args);
    assert(stdout !== "", stderr);
    const { text, socket } = JSON.parse(stdout);
    return {
      listens: /^ListenStream=(.*)$/m.exec(socket?.text ?? "")?.[1],
      atLogin: text.includes("WantedBy=default.target"),
    };
  };
  const relay = (listen: string, ...more: string[]) =>
    planned("relay", "--listen", listen, "--self-signed", "--to", "e.sock", ...more);
  const onDemand = (listens: string) => ({ listens, atLogin: false });
  const without = { listens: undefined, atLogin: true };

  assertEquals(await planned("serve"), onDemand(sandbox.path("run/registry.sock")));
  assertEquals(await planned("serve", "--socket", "a.sock"), onDemand(sandbox.path("a.sock")));
  assertEquals(await planned("serve", "--supervise"), without);
  assertEquals(await planned("run", "--", "sleep", "9"), without);

  assertEquals(await relay("127.0.0.1:8443"), onDemand("127.0.0.1:8443"));
  assertEquals(await relay("[::1]:8443"), onDemand("[::1]:8443"));
  assertEquals(await relay(":8443", "--token-file", "t"), onDemand("0.0.0.0:8443"));
  // Its status address has to be available before the first client connects.
  const withStatus = await relay("127.0.0.1:8443", "--status", "127.0.0.1:9000");
  assertEquals(withStatus, { listens: "127.0.0.1:8443", atLogin: true });
  for (const listen of ["localhost:8443", "127.0.0.1:0"]) {
    assertEquals(await relay(listen), without, listen);
  }
  const own = [["--workers", "2"], ["--client-ca", "ca.pem"]];
  for (const more of own) assertEquals(await relay("127.0.0.1:8443", ...more), without, more[0]);
  const route = ["relay", "--listen", ":8443", "--self-signed", "--route", "a.example=e.sock"];
  assertEquals(await planned(...route), without);
  const reverse = ["relay", "connect", "--listen", "far.sock", "--to", "far.example:8443"];
  assertEquals(await planned(...reverse), without);
});

Deno.test("the relay section of the config file also decides whether a socket unit is written", async () => {
  await using sandbox = await makeSandbox();
  const config = sandbox.path("config.jsonc");
  await Deno.writeTextFile(config, JSON.stringify({ relay: { workers: 2 } }));
  const relay = ["relay", "--listen", "127.0.0.1:8443", "--self-signed", "--to", "e.sock"];
  const args = ["service", "install", "--print", "--json", "--manager", "systemd", "--", ...relay];
  const printed = async (env: Record<string, string>) =>
    JSON.parse((await run(compiled, sandbox, { args, env })).stdout).socket;
  assertEquals(await printed({ SESSIONCTL_CONFIG: config }), null);
  assertStringIncludes((await printed({ SESSIONCTL_CONFIG: "none" })).file, "-relay.socket");
});

Deno.test(
  "service status shows the socket, and exits 0 while the first client can start it",
  onLinux,
  async () => {
    await using sandbox = await makeSandbox();
    const blocks = (socket: string) =>
      "case $* in *show*) printf 'MainPID=0\\nActiveState=inactive\\nUnitFileState=indirect\\n" +
      `LoadState=loaded\\n\\nActiveState=${socket}\\nUnitFileState=enabled\\nLoadState=loaded\\n';; esac`;
    const service = await manage(sandbox, compiled, blocks("active"));
    await service.run("install");
    const status = await service.run("status");
    assertEquals(
      status.stdout,
      `service   sessionctl\nfile      ${service.unit}\nenabled   yes\n` +
        "running   no, the first client starts it\nsocket    listens\n",
    );
    assertEquals(status.code, 0);
    await Deno.writeTextFile(
      sandbox.path("bin/systemctl"),
      `#!/bin/sh\n${blocks("failed")}\n`,
    );
    const failed = await service.run("status", "--json");
    assertEquals(failed.code, 1);
    assertEquals(JSON.parse(failed.stdout).socket, {
      file: service.socket,
      state: "failed",
      listening: false,
    });
  },
);
