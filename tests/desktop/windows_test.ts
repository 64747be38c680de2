// Which window holds a URI, and how its folders are shown.
import { assertEquals } from "@std/assert";
import { asWindowSpells, describeFolder, holderOf } from "../../src/desktop/mod.ts";
import { makeSandbox } from "../support/mod.ts";

const window = (...folderUris: string[]) => ({ title: folderUris.join(), pid: 1, folderUris });

const WINDOWS = [
  window("file:///home/ann"),
  window("file:///home/ann/api", "file:///srv/data"),
  window("vscode-remote://ssh-remote%2BHostB/home/ann/api/"),
  window("vscode-remote://dev-container+7b7d/workspaces/a%20b"),
  window(),
  window("untitled:Untitled-1", "nonsense", "file:///%ff"),
];

const HOLDERS: readonly (readonly [string, string | undefined])[] = [
  ["file:///home/ann/api/main.ts", "file:///home/ann/api"],
  ["file:///home/ann/api", "file:///home/ann/api"],
  ["file:///home/ann/api2/main.ts", "file:///home/ann"],
  ["file:///srv/data/x:3:4", "file:///srv/data"],
  ["file:///srv/database", undefined],
  ["vscode-remote://ssh-remote+hostb/home/ann/api/x", WINDOWS[2]!.folderUris[0]],
  ["vscode-remote://ssh-remote+hostc/home/ann/api/x", undefined],
  ["vscode-remote://dev-container+7b7d/workspaces/a%20b/c", WINDOWS[3]!.folderUris[0]],
  ["https://home/ann/api", undefined],
  ["", undefined],
];

for (const [uri, folder] of HOLDERS) {
  Deno.test(`the window that holds "${uri}" has ${folder ?? "no such folder"}`, () => {
    assertEquals(holderOf(WINDOWS, uri)?.folderUri, folder);
  });
}

Deno.test("a folder that a window has open through a symlink contains its files", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("real dir"));
  await Deno.symlink(sandbox.path("real dir"), sandbox.path("link"));
  const folder = `file://${sandbox.path("link")}`;
  const uri = `file://${sandbox.path("real%20dir")}/a%20b.ts:12`;
  assertEquals(holderOf([window(folder)], uri)?.folderUri, folder);
  assertEquals(asWindowSpells(uri, folder), `${folder}/a%20b.ts:12`);
  assertEquals(asWindowSpells("vscode-remote://x/a", folder), "vscode-remote://x/a");
});

const SHOWN: readonly (readonly [string, string])[] = [
  ["file:///home/ann/a%20b", "/home/ann/a b"],
  ["vscode-remote://ssh-remote+hostb/home/ann", "hostb:/home/ann"],
  ["vscode-remote://ssh-remote%2Bann%40hostb/srv", "ann@hostb:/srv"],
  ["vscode-remote://ssh-remote+7b22686f73744e616d65223a22486f737442227d/srv", "HostB:/srv"],
  ["vscode-remote://wsl+Debian/home", "Debian:/home"],
  ["vscode-remote://codespaces+x/workspaces", "codespaces+x:/workspaces"],
  ["vscode-vfs://github/denoland/deno", "vscode-vfs://github/denoland/deno"],
  ["nonsense", "nonsense"],
];

for (const [uri, shown] of SHOWN) {
  Deno.test(`the folder ${uri} is shown as ${shown}`, () => {
    assertEquals(describeFolder(uri), shown);
  });
}
