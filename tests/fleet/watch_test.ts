import { assertEquals, assertMatch } from "@std/assert";
import { FleetKeys } from "../../src/fleet/keys.ts";
import { compiled, makeSandbox, run, spawn, until } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { hasEtcd } from "./support/etcd.ts";
import { joinFleet, makeMachines, untilKnown } from "./support/machines.ts";

const ignore = !hasEtcd;

Deno.test({
  name: "watch --fleet prints the hosts and windows, then those that come and go",
  ignore,
  async fn() {
    await using machines = await makeMachines();
    const { here, there, etcd } = machines;
    await joinFleet(here, etcd.url, "laptop");
    await untilKnown(here, "laptop");
    const lines = spawn(here, compiled.command, ["watch", "--fleet"]);
    const json = spawn(here, compiled.command, ["watch", "--fleet", "--json"]);
    const has = (text: RegExp) =>
      until(
        `the line ${text} (${lines.lines.join(" | ")})`,
        () => lines.lines.some((line) => text.test(line)),
        30_000,
      );
    await has(/^present {2}laptop$/);
    await startDesktop(there, {
      windows: [{ folders: ["vscode-remote://ssh-remote+hostb/srv/api"] }],
    });
    const serving = await joinFleet(there, etcd.url, "desk");
    await has(/^joined {3}desk/);
    await has(/^opened {3}desk {2}Visual Studio Code {2}hostb:\/srv\/api$/);
    serving.child.kill("SIGTERM");
    await has(/^closed {3}desk {2}Visual Studio Code {2}hostb:\/srv\/api$/);
    await has(/^left {5}desk/);
    const types = () =>
      json.lines.map((line) => {
        const { type, host } = JSON.parse(line) as {
          type: string;
          host: string | { name: string };
        };
        return `${type} ${typeof host === "string" ? host : host.name}`;
      });
    await until("the same in JSON", () => types().includes("left desk"));
    assertEquals(types()[0], "present laptop");
    assertEquals(types().includes("opened desk"), true);
  },
});

Deno.test({
  name: "the first value that a host publishes about itself says whether it has a desktop",
  ignore,
  async fn() {
    await using machines = await makeMachines();
    const { there, etcd } = machines;
    await startDesktop(there, { windows: [{ folders: ["vscode-remote://ssh-remote+hostb/srv"] }] });
    await joinFleet(there, etcd.url, "desk");
    await untilKnown(there, "desk", 1);
    const body = JSON.stringify({ key: btoa(new FleetKeys("ann").live("desk")) });
    const answer = await fetch(`${etcd.url}/v3/kv/range`, { method: "POST", body });
    const [{ value, version }] = (await answer.json()).kvs;
    // etcd counts the values that a key has had.
    assertEquals([JSON.parse(atob(value)).desktop, version], [true, "1"]);
  },
});

Deno.test({
  name: "find --fleet names the machine and window that open would use, and completion the hosts",
  ignore,
  async fn() {
    await using machines = await makeMachines();
    const { here, there, etcd } = machines;
    const folder = there.path("home", "api");
    await Deno.mkdir(folder);
    await startDesktop(here, {
      windows: [{ folders: [`vscode-remote://ssh-remote+hostb${folder}`] }],
    });
    await joinFleet(here, etcd.url, "laptop");
    await joinFleet(there, etcd.url, "hostb");
    await untilKnown(there, "laptop", 1);
    const ask = (...args: string[]) => run(compiled, there, { args });
    const { code, stdout } = await ask("find", "--fleet", `${folder}/a.ts`);
    assertEquals([code, stdout], [0, `laptop  Visual Studio Code  ${folder}\n`]);
    const json = await ask("find", "--fleet", "--json", "laptop:/etc/motd");
    assertEquals(JSON.parse(json.stdout), {
      host: "laptop",
      name: "Visual Studio Code",
      folder: null,
      authority: "ssh-remote+laptop",
    });
    const unknown = await ask("find", "--fleet", "elsewhere:/etc/motd");
    assertEquals(unknown.code, 1);
    assertMatch(unknown.stderr, /the fleet has no host elsewhere/);
    assertEquals((await ask("__complete", "host")).stdout, "laptop\tin the fleet\n");
    assertEquals((await ask("__complete", "place")).stdout, "laptop:\tin the fleet\n");
  },
});

Deno.test("find --fleet, watch --fleet and completion without a fleet end at once", async () => {
  await using machine = await makeSandbox();
  const ask = (...args: string[]) => run(compiled, machine, { args });
  assertEquals((await ask("find", "--fleet", "/x")).code, 1);
  assertEquals((await ask("watch", "--fleet")).code, 3);
  assertEquals(await ask("__complete", "host"), { code: 0, stdout: "", stderr: "" });
});
