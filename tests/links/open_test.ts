import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { freshLinkName, system } from "../../src/platform/mod.ts";
import { addressOf, Router } from "../../src/routing/mod.ts";
import {
  alone,
  compiled,
  exists,
  makeSandbox,
  run,
  type Sandbox,
  spawn,
  startEditor,
  until,
} from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { startLinkedRegistry } from "./support.ts";

/** Puts the socket of a link where ssh would forward it to, on the machine of `far`. */
function forward(far: Sandbox, linkSocket: string): string {
  const path = far.path("run", freshLinkName());
  Deno.linkSync(linkSocket, path);
  return path;
}

/** A project on a machine: its folder, which is open in a desktop window elsewhere. */
async function makeProject(far: Sandbox) {
  const folder = far.path("home", "api");
  await Deno.mkdir(folder);
  await Deno.writeTextFile(far.path("home", "api", "a.ts"), "1\n");
  return { folder, folderUri: `vscode-remote://ssh-remote+hostb${folder}` };
}

Deno.test("open on a linked machine opens the file at its line in the desktop editor at home", async () => {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  const { folder, folderUri } = await makeProject(far);
  const desktop = await startDesktop(home, { windows: [{ folders: [folderUri] }] });
  const { link } = await startLinkedRegistry(home);
  forward(far, link.socketPath);
  const { code, stderr } = await run(compiled, far, { args: ["open", "a.ts:12"], cwd: folder });
  assertEquals([code, stderr], [0, ""]);
  const { args } = await desktop.nextStart();
  assertEquals(args["file-uri"], [`${folderUri}/a.ts:12`]);
});

Deno.test("open --wait over a link returns when the tab at home is closed", async () => {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  const { folder, folderUri } = await makeProject(far);
  const desktop = await startDesktop(home, { windows: [{ folders: [folderUri] }] });
  const { link } = await startLinkedRegistry(home);
  forward(far, link.socketPath);
  const waiting = spawn(far, compiled.command, ["open", "--wait", `${folder}/a.ts`]);
  await desktop.nextStart();
  await desktop.closeTab();
  assertEquals(await waiting.ended, 0);
});

Deno.test("open --wait over a link fails at once when the link breaks", async () => {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  const { folder, folderUri } = await makeProject(far);
  const desktop = await startDesktop(home, { windows: [{ folders: [folderUri] }] });
  const { link, serving } = await startLinkedRegistry(home);
  forward(far, link.socketPath);
  const waiting = spawn(far, compiled.command, ["open", "--wait", `${folder}/a.ts`]);
  await desktop.nextStart();
  await until("the delivery is accepted", () => serving.errors.join().includes("opened"));
  serving.child.kill("SIGKILL");
  assertEquals(await waiting.ended, 1);
  assertMatch(
    waiting.errors.join("\n"),
    /the link ended before (?:the file was closed|the delivery was answered)/,
  );
});

Deno.test("a window on this machine that holds the file goes before a link, and one that does not goes after it", async () => {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  const { folder, folderUri } = await makeProject(far);
  const desktop = await startDesktop(home, { windows: [{ folders: [folderUri] }] });
  const { link } = await startLinkedRegistry(home);
  forward(far, link.socketPath);
  const editor = await startEditor(far);
  const serving = spawn(far, compiled.command, ["serve", "--no-state"]);
  await until("the registry listens", () => serving.lines.length > 0);
  const register = (at: string) => run(compiled, far, { args: ["add", editor.socketPath, at] });
  assertEquals((await register(far.path("tmp"))).code, 0);
  assertEquals((await run(compiled, far, { args: ["open", `${folder}/a.ts`] })).code, 0);
  assertEquals((await desktop.nextStart()).args["file-uri"], [`${folderUri}/a.ts`]);
  assertEquals((await register(folder)).code, 0);
  assertEquals((await run(compiled, far, { args: ["open", `${folder}/a.ts`] })).code, 0);
  assertEquals((await editor.nextMessage()).fileURIs, [`file://${folder}/a.ts`]);
});

Deno.test("windows on this machine go before those at the other end of a link that hold the file no better", async () => {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  const { folder, folderUri } = await makeProject(far);
  const atHome = await startDesktop(home, { windows: [{ folders: [folderUri] }] });
  const { link } = await startLinkedRegistry(home);
  forward(far, link.socketPath);
  const here = await startDesktop(far, { windows: [{ folders: [`file://${folder}`] }] });
  // Without an editor socket, the windows of the desktop would be asked before any other.
  const ended = await startEditor(far, { socketPath: far.path("run/vscode-ipc-1.sock") });
  await ended.die();
  // Both have the first file, and neither has the second one.
  for (const file of [`${folder}/a.ts`, far.path("tmp/b.ts")]) {
    const { code, stderr } = await run(alone(compiled), far, { args: ["open", file] });
    assertEquals(code, 0, stderr);
  }
  assertEquals([here.starts.length, atHome.starts.length], [2, 0]);
});

Deno.test("a link that did not take a delivery is not found again", async () => {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  const { folder, folderUri } = await makeProject(far);
  await startDesktop(home, { windows: [{ folders: [folderUri] }] });
  const { link } = await startLinkedRegistry(home);
  const socketPath = forward(far, link.socketPath);
  const context = { ...system, env: (name: string) => far.env[name] };
  const router = new Router({ context, strict: true, registrySocket: far.path("none.sock") });
  const found = await router.find([`${folder}/a.ts`]);
  assertEquals(found && addressOf(found), socketPath);
  router.markFailed(socketPath, new Error("gone"));
  assertEquals(await router.find([`${folder}/a.ts`]), undefined);
});

Deno.test("the socket of an ssh connection that has ended is passed over and removed", async () => {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  const { folder, folderUri } = await makeProject(far);
  const desktop = await startDesktop(home, { windows: [{ folders: [folderUri] }] });
  const { link } = await startLinkedRegistry(home);
  const dead = far.path("run", freshLinkName());
  const listener = Deno.listen({ transport: "unix", path: dead });
  Deno.renameSync(dead, `${dead}.kept`);
  listener.close();
  Deno.renameSync(`${dead}.kept`, dead);
  forward(far, link.socketPath);
  assertEquals((await run(compiled, far, { args: ["open", `${folder}/a.ts`] })).code, 0);
  await desktop.nextStart();
  const left = [...Deno.readDirSync(far.path("run"))].map(({ name }) => name);
  assertEquals(left.filter((name) => dead.endsWith(name)), []);
});

Deno.test("doctor names the machine at the other end of a link, and a link that has ended", async () => {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  const { folder, folderUri } = await makeProject(far);
  await startDesktop(home, { windows: [{ folders: [folderUri] }] });
  const { link, serving } = await startLinkedRegistry(home);
  forward(far, link.socketPath);
  const doctor = () => run(compiled, far, { args: ["doctor", `${folder}/a.ts`] });
  const named = `Visual Studio Code on ${Deno.hostname()}, which has ${folder} open`;
  assertStringIncludes((await doctor()).stdout, named);
  serving.child.kill("SIGKILL");
  await serving.ended;
  assertStringIncludes((await doctor()).stdout, "was left by an ssh connection that has ended");
});

Deno.test("list --all names the machine at the other end of a link", async () => {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  await startDesktop(home);
  const { link } = await startLinkedRegistry(home);
  const linkSocket = forward(far, link.socketPath);
  const { stdout } = await run(compiled, far, { args: ["list", "--all", "--json"] });
  const listed = JSON.parse(stdout) as { linkSocket?: string }[];
  assertEquals(listed.find((entry) => entry.linkSocket === linkSocket), {
    ...{ kind: "link", linkSocket, liveness: "live", host: Deno.hostname() },
    editorName: "Visual Studio Code",
  } as unknown);
  const table = await run(compiled, far, { args: ["list", "--all"] });
  assertStringIncludes(table.stdout, linkSocket);
});

Deno.test("a folder that the window at home has open through a symlink holds its files, in either spelling", async () => {
  await using far = await makeSandbox();
  const { folder, folderUri } = await makeProject(far);
  const link = far.path("home", "link");
  await Deno.symlink(folder, link);
  const linkUri = `vscode-remote://ssh-remote+hostb${link}`;
  const openIn = async (open: string, path: string) => {
    await using home = await makeSandbox();
    const windows = [{ folders: ["vscode-remote://ssh-remote+hostb/other"] }, { folders: [open] }];
    const desktop = await startDesktop(home, { windows });
    const linkSocket = forward(far, (await startLinkedRegistry(home)).link.socketPath);
    const args = ["open", "--strict", path];
    assertEquals((await run(compiled, far, { args })).stderr, "");
    await Deno.remove(linkSocket);
    return (await desktop.nextStart()).args["file-uri"];
  };
  assertEquals(await openIn(linkUri, `${link}/a.ts`), [`${linkUri}/a.ts`]);
  assertEquals(await openIn(folderUri, `${link}/a.ts`), [`${folderUri}/a.ts`]);
});

Deno.test("prune --files removes the far ends of links that have ended, and no live one", async () => {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  const { link } = await startLinkedRegistry(home);
  const live = forward(far, link.socketPath);
  const dead = far.path("run", freshLinkName());
  const listener = Deno.listen({ transport: "unix", path: dead });
  Deno.renameSync(dead, `${dead}.kept`);
  listener.close();
  Deno.renameSync(`${dead}.kept`, dead);
  const { stdout } = await run(compiled, far, { args: ["prune", "--files", "--json"] });
  assertEquals((JSON.parse(stdout) as { files: string[] }).files, [dead]);
  assertEquals([exists(live), exists(dead)], [true, false]);
});
