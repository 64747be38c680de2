/** Desktop windows that appear and disappear. */
import { assertEquals } from "@std/assert";
import type { DesktopEditor, DesktopWindow } from "../../src/desktop/mod.ts";
import { DesktopTracker } from "../../src/desktop/watch.ts";
import { compiled, makeSandbox, spawn, until } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { startServing } from "../links/support.ts";

function editor(windows: readonly DesktopWindow[], state: DesktopEditor["state"] = "live") {
  const mainSocket = "/run/user/1000/vscode-1d2c3b4a-1.13-main.sock";
  return {
    mainSocket,
    product: "code",
    name: "Visual Studio Code",
    version: "1.13",
    state,
    windows,
  };
}

function window(pid: number, folder: string, title = folder): DesktopWindow {
  return { pid, title, folderUris: [`file:///${folder}`] };
}

Deno.test("a tracker reports windows that are present, come, go, or have other folders", () => {
  const tracker = new DesktopTracker();
  const changesAfter = (...editors: DesktopEditor[]) =>
    tracker.apply(editors).map(({ type, window }) => `${type} ${window.title}`);
  assertEquals(changesAfter(editor([window(1, "api")])), ["present api"]);
  assertEquals(changesAfter(editor([window(1, "api", "main.ts - api")])), []);
  assertEquals(changesAfter(editor([window(1, "api"), window(2, "web")])), ["added web"]);
  assertEquals(changesAfter(editor([window(1, "notes"), window(2, "web")])), ["added notes"]);
  assertEquals(
    changesAfter(editor([], "unresponsive")),
    [],
    "an editor that hangs has its windows",
  );
  assertEquals(changesAfter(editor([window(2, "web")])), ["removed notes"]);
  assertEquals(changesAfter(), ["removed web"]);
});

Deno.test("watch --all prints desktop windows and sessions, and waits for a registry", async () => {
  await using sandbox = await makeSandbox();
  const [api, web] = [sandbox.path("home/api"), sandbox.path("home/web")];
  const desktop = await startDesktop(sandbox, { windows: [{ folders: [`file://${api}`] }] });
  const watching = spawn(sandbox, compiled.command, ["watch", "--all"]);
  const says = (line: string) => until(`it prints ${line}`, () => watching.lines.includes(line));
  const place = `Visual Studio Code at ${desktop.socketPath}`;
  await says(`present  ${api}  ${place}`);
  await until("it waits for a registry", () => watching.errors.length > 0);
  assertEquals(watching.errors, ["sessionctl: no registry answers; waiting for it"]);
  desktop.windows = [...desktop.windows, { folders: [`file://${web}`] }];
  await says(`added    ${web}  ${place}`);
  await startServing(sandbox);
  await until("the registry is there", () => watching.errors.length > 1);
  await desktop.die();
  await says(`removed  ${api}  ${place}`);
  await says(`removed  ${web}  ${place}`);
});

Deno.test("watch --all --json --folder prints windows of that folder alone, as list does", async () => {
  await using sandbox = await makeSandbox();
  await startServing(sandbox);
  const [api, web] = [sandbox.path("home/api"), sandbox.path("home/web")];
  await Deno.mkdir(api);
  const windows = [{ folders: [`file://${web}`] }, {
    title: "api",
    folders: [`file://${api}/lib`],
  }];
  const desktop = await startDesktop(sandbox, { windows });
  const args = ["watch", "--all", "--json", "--folder", api];
  const watching = spawn(sandbox, compiled.command, args);
  await until("the window is told", () => watching.lines.length > 0);
  const [{ type, window }] = watching.lines.map((line) => JSON.parse(line));
  assertEquals([type, window.title, window.folders], ["present", "api", [`${api}/lib`]]);
  assertEquals([window.editor, window.mainSocket], ["code", desktop.socketPath]);
  assertEquals(watching.lines.length, 1);
});
