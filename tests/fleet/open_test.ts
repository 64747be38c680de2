import { assert, assertEquals, assertMatch } from "@std/assert";
import { alone, compiled, makeSandbox, run, spawn, until } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { hasEtcd, startEtcd } from "./support/etcd.ts";
import {
  joinFleet,
  leastOf,
  makeMachines,
  statusOf,
  untilDesktop,
  untilKnown,
  untilTaken,
} from "./support/machines.ts";

const ignore = !hasEtcd;

Deno.test({
  name:
    "open on one machine of the fleet opens in the desktop window of another that has its folder",
  ignore,
  async fn() {
    await using machines = await makeMachines();
    const { here, there, etcd } = machines;
    const folder = there.path("home", "api");
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/a.ts`, "1\n");
    const folderUri = `vscode-remote://ssh-remote+hostb${folder}`;
    const desktop = await startDesktop(here, { windows: [{ folders: [folderUri] }] });
    await joinFleet(here, etcd.url, "laptop");
    await joinFleet(there, etcd.url, "hostb");
    await untilKnown(there, "laptop", 1);
    let ended: Promise<number>;
    await untilTaken(async () => {
      const waiting = spawn(there, compiled.command, ["open", "--wait", `${folder}/a.ts:7`]);
      let code: number | undefined;
      ended = waiting.ended.then((value) => code = value);
      await until("it arrives, or fails", () => {
        return code !== undefined || desktop.starts.length > 0;
      }, 60_000);
      return { code: code ?? 0, stderr: waiting.errors.join("\n") };
    });
    const { args } = await desktop.nextStart();
    assertEquals(args["file-uri"], [`${folderUri}/a.ts:7`]);
    await desktop.closeTab();
    assertEquals(await ended!, 0);
  },
});

Deno.test({
  name: "list --fleet names the windows of all hosts",
  ignore,
  async fn() {
    await using machines = await makeMachines();
    const { here, there, etcd } = machines;
    const folderUri = "vscode-remote://ssh-remote+hostb/srv/api";
    await startDesktop(here, { windows: [{ folders: [folderUri] }] });
    await joinFleet(here, etcd.url, "laptop");
    await joinFleet(there, etcd.url, "hostb");
    const list = () => run(compiled, there, { args: ["list", "--fleet"] });
    await until(
      "the laptop's window is listed",
      async () => (await list()).stdout.includes("hostb:"),
    );
    assertMatch((await list()).stdout, /laptop +.*Visual Studio Code.*hostb:\/srv\/api/);
  },
});

Deno.test({
  name: "serve starts at once, and open works on this machine, when the engine does not answer",
  ignore,
  async fn() {
    await using here = await makeSandbox();
    const [etcd] = await startEtcd(here);
    await using _ = etcd!;
    etcd!.pause();
    const desktop = await startDesktop(here);
    await joinFleet(here, etcd!.url, "laptop");
    const took = await leastOf(1500, async () => {
      const started = performance.now();
      const { code } = await run(alone(compiled), here, { args: ["open", here.path("home")] });
      assertEquals(code, 0);
      await desktop.nextStart();
      return performance.now() - started;
    });
    // Less than the time limit of a request to the engine.
    assert(took < 1500, `${took} ms`);
    const { failure } = await statusOf(here);
    assert(failure !== undefined);
    etcd!.resume();
  },
});

Deno.test({
  name: "a delivery that a host did not take in time is withdrawn, and never opened later",
  ignore,
  async fn() {
    await using machines = await makeMachines();
    const { here, there, etcd } = machines;
    const desktop = await startDesktop(here);
    const laptop = await joinFleet(here, etcd.url, "laptop");
    await joinFleet(there, etcd.url, "hostb");
    await untilDesktop(there, "laptop");
    const open = (name: string) =>
      run(alone(compiled), there, { args: ["open", there.path("home", name)] });
    laptop.child.kill("SIGSTOP");
    const refused = await open("first.ts");
    laptop.child.kill("SIGCONT");
    assertMatch(refused.stderr, /the host laptop did not answer in time/);
    assert(refused.code !== 0);
    const taken = await untilTaken((round) => open(`later${round}.ts`));
    const { args } = await desktop.nextStart();
    assert((args["file-uri"] as string[])[0]!.endsWith(`/later${taken}.ts`));
    assertEquals(desktop.starts.length, 1);
  },
});
