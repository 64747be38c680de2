/** `open HOST:/PATH`: a path of another machine. */
import { assertEquals, assertMatch } from "@std/assert";
import { RegistryClient } from "../../src/registry/mod.ts";
import { alone, compiled, makeSandbox, run, type Sandbox, startEditor } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { startLinkedRegistry } from "../links/support.ts";
import { hasEtcd, startEtcd } from "./support/etcd.ts";
import { joinFleet, untilKnown } from "./support/machines.ts";

const ignore = !hasEtcd;

const open = (machine: Sandbox, ...args: string[]) =>
  run(compiled, machine, { args: ["open", ...args] });

Deno.test("open HOST:/PATH of a linked machine opens in the desktop editor of this one", async () => {
  await using home = await makeSandbox();
  const uri = "vscode-remote://ssh-remote+hostb/srv/api";
  const desktop = await startDesktop(home, { windows: [{ folders: [uri] }] });
  await startLinkedRegistry(home);
  assertEquals(await open(home, "hostb:/srv/api/a.ts:12"), { code: 0, stdout: "", stderr: "" });
  assertEquals((await desktop.nextStart()).args["file-uri"], [`${uri}/a.ts:12`]);
  assertEquals((await open(home, "hostb:/srv/web/")).code, 0);
  assertEquals((await desktop.nextStart()).args["folder-uri"], [
    "vscode-remote://ssh-remote+hostb/srv/web",
  ]);
});

Deno.test("HOST:/PATH is an error for an unknown host, and a local file where a folder HOST: exists", async () => {
  await using home = await makeSandbox();
  const desktop = await startDesktop(home);
  await startLinkedRegistry(home);
  const unknown = await open(home, "hostc:/srv/a.ts");
  assertEquals(unknown.code, 1);
  assertMatch(unknown.stderr, /no link and no fleet has a host hostc/);
  const parents = await open(home, "hostb:/srv/../etc/passwd");
  assertEquals(parents.code, 2);
  await Deno.mkdir(home.path("home", "hostb:"));
  await Deno.writeTextFile(home.path("home", "hostb:", "a.ts"), "");
  const { code } = await run(alone(compiled), home, {
    args: ["open", "hostb:/a.ts"],
    cwd: home.path("home"),
  });
  assertEquals(code, 0);
  assertEquals((await desktop.nextStart()).args["file-uri"], [
    `file://${home.path("home")}/hostb:/a.ts`,
  ]);
});

Deno.test({
  name: "open HOST:/PATH goes to the host of the fleet whose window holds the path, if that host " +
    "trusts this one",
  ignore,
  async fn() {
    await using laptop = await makeSandbox();
    await using hostb = await makeSandbox();
    await using hostc = await makeSandbox();
    const [etcd] = await startEtcd(laptop);
    await using _ = etcd!;
    const uri = "vscode-remote://ssh-remote+hostb/srv/api";
    const desktop = await startDesktop(laptop, { windows: [{ folders: [uri] }] });
    await joinFleet(laptop, etcd!.url, "laptop", "--fleet-trust", "hostc");
    await joinFleet(hostb, etcd!.url, "hostb");
    await joinFleet(hostc, etcd!.url, "hostc");
    await untilKnown(hostc, "laptop", 1);
    await untilKnown(hostc, "hostb");
    await untilKnown(laptop, "hostb");
    await untilKnown(laptop, "hostc");
    assertEquals(await open(hostc, "hostb:/srv/api/a.ts:3"), { code: 0, stdout: "", stderr: "" });
    assertEquals((await desktop.nextStart()).args["file-uri"], [`${uri}/a.ts:3`]);
    // This machine has the window, so `open` asks no other machine.
    assertEquals(await open(laptop, "hostb:/srv/api/b.ts"), { code: 0, stdout: "", stderr: "" });
    assertEquals((await desktop.nextStart()).args["file-uri"], [`${uri}/b.ts`]);
    await untilKnown(hostb, "laptop", 1);
    await untilKnown(hostb, "hostc");
    const refused = await open(hostb, "hostc:/etc/motd");
    assertEquals(refused.code, 1);
    assertMatch(refused.stderr, /laptop opens only files of hostb for hostb/);
  },
});

Deno.test({
  name: "open HOST:/PATH opens in a window on HOST itself that holds the path",
  ignore,
  async fn() {
    await using laptop = await makeSandbox();
    await using hostb = await makeSandbox();
    const [etcd] = await startEtcd(laptop);
    await using _ = etcd!;
    const editor = await startEditor(hostb);
    await joinFleet(laptop, etcd!.url, "laptop");
    await joinFleet(hostb, etcd!.url, "hostb", "--fleet-trust", "laptop");
    const folder = hostb.path("home", "api");
    await Deno.mkdir(folder);
    await new RegistryClient({ socket: hostb.path("run", "sessionctl", "registry.sock") })
      .addSession({
        socketPath: editor.socketPath,
        workspace: { folders: [folder] },
      });
    await untilKnown(laptop, "hostb", 1);
    assertEquals(await open(laptop, `hostb:${folder}/a.ts`), { code: 0, stdout: "", stderr: "" });
    assertEquals((await editor.nextMessage()).fileURIs, [`file://${folder}/a.ts`]);
  },
});
