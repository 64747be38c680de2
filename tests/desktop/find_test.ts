// Which desktop editors are found, with which names, and in which state.
import { assertEquals } from "@std/assert";
import {
  DesktopEditors,
  desktopWindows,
  findDesktopEditors,
  type FindDesktopOptions,
} from "../../src/desktop/mod.ts";
import {
  listenFull,
  makeSandbox,
  mostAtOnce,
  type Sandbox,
  socketsIn,
  until,
} from "../support/mod.ts";
import { type DesktopBehaviour, mainSocketOf, startDesktop } from "../support/desktop_editor.ts";
import { machineOf } from "./support.ts";

const find = (sandbox: Sandbox, options: FindDesktopOptions = {}) =>
  findDesktopEditors({ context: machineOf(sandbox), timeoutMs: 20_000, ...options });

Deno.test("a desktop editor is found with its name, version, process and windows", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startDesktop(sandbox, {
    windows: [
      { title: "main.ts - api", folders: ["file:///home/ann/api", "file:///srv/a%20b"], pid: 71 },
      {
        title: "web [SSH: hostb]",
        folders: ["vscode-remote://ssh-remote+hostb/home/ann/web"],
        remoteAuthority: "ssh-remote+hostb",
        pid: 72,
      },
    ],
  });
  assertEquals(await find(sandbox), [{
    mainSocket: editor.socketPath,
    product: "code",
    name: "Visual Studio Code",
    version: "1.13",
    pid: Deno.pid,
    state: "live",
    windows: [
      {
        title: "main.ts - api",
        pid: 71,
        folderUris: ["file:///home/ann/api", "file:///srv/a%20b"],
        id: 1,
      },
      {
        title: "web [SSH: hostb]",
        pid: 72,
        folderUris: ["vscode-remote://ssh-remote+hostb/home/ann/web"],
        remoteAuthority: "ssh-remote+hostb",
        id: 2,
      },
    ],
  }]);
  assertEquals(editor.contexts, ["main"]);
});

Deno.test("each product and each form of socket name is recognized", async () => {
  await using sandbox = await makeSandbox();
  await startDesktop(sandbox, { dataName: "Code", generation: "2019" });
  await startDesktop(sandbox, { dataName: "Code - Insiders", generation: "2022" });
  await startDesktop(sandbox, { dataName: "VSCodium", generation: "2024" });
  await startDesktop(sandbox, { dataName: "Cursor", version: "2.1.26" });
  await startDesktop(sandbox, { dataName: "Windsurf" });
  await startDesktop(sandbox, { dataName: "Positron", version: "2026.11.0" });
  await startDesktop(sandbox, { dataName: "Somebody's Editor" });
  const found = (await find(sandbox)).map(({ product, version }) => `${product} ${version}`);
  assertEquals(found.sort(), [
    "code 1.41.1",
    "code-insiders 1.74",
    "cursor 2.1.",
    "positron 2026",
    "unknown 1.13",
    "vscodium 1.96",
    "windsurf 1.13",
  ]);
});

Deno.test("editors without a runtime directory are found by their user data", async () => {
  await using sandbox = await makeSandbox();
  const { HOME } = sandbox.env;
  const places = [
    `${HOME}/.config/Cursor/2.1.-main.sock`,
    `${HOME}/.var/app/com.vscodium.codium/config/VSCodium/1.13-main.sock`,
    sandbox.path("portable/user-data/1.13-main.sock"),
    sandbox.path("data/Code/1.13-main.sock"),
    sandbox.path("run/app/com.visualstudio.code/vscode-0123abcd-1.13-main.sock"),
    sandbox.path("run/snap.code/vscode-0123abcd-1.13-main.sock"),
    sandbox.path("else/1.13-main.sock"),
  ];
  for (const socketPath of places) await startDesktop(sandbox, { socketPath });
  const context = machineOf(sandbox, {
    VSCODE_PORTABLE: sandbox.path("portable"),
    VSCODE_APPDATA: sandbox.path("data"),
    VSCODE_IPC_HOOK: places.at(-1)!,
  });
  const found = await findDesktopEditors({ context, timeoutMs: 20_000 });
  assertEquals(found.map(({ mainSocket }) => mainSocket).sort(), [...places].sort());
  const products = new Map(found.map(({ mainSocket, product }) => [mainSocket, product]));
  assertEquals(places.map((path) => products.get(path)), [
    "cursor",
    "vscodium",
    "unknown",
    "code",
    "unknown",
    "unknown",
    "unknown",
  ]);
});

Deno.test("on macOS editors are found in Application Support", async () => {
  await using sandbox = await makeSandbox();
  const { HOME } = sandbox.env;
  const socketPath = `${HOME}/Library/Application Support/Code/1.13-main.sock`;
  await startDesktop(sandbox, { socketPath });
  const context = { ...machineOf(sandbox), os: "darwin" as const };
  const found = await findDesktopEditors({ context, timeoutMs: 20_000 });
  assertEquals(found.map(({ mainSocket, product }) => [mainSocket, product]), [
    [socketPath, "code"],
  ]);
});

const STATES: readonly (readonly [DesktopBehaviour, string])[] = [
  ["hang", "unresponsive"],
  ["close", "unresponsive"],
  ["garbage", "no-editor"],
  ["other-channels", "no-editor"],
  ["nonsense", "no-editor"],
  ["huge", "no-editor"],
];

for (const [behaviour, state] of STATES) {
  Deno.test(`a main socket's process that answers with "${behaviour}" is ${state}`, async () => {
    await using sandbox = await makeSandbox();
    await startDesktop(sandbox, { behaviour });
    // For an unknown channel, VS Code's own classes take a second.
    const [editor] = await find(sandbox, { timeoutMs: behaviour === "hang" ? 100 : 10_000 });
    assertEquals([editor!.state, editor!.windows, editor!.pid], [state, [], undefined]);
  });
}

Deno.test("a dead editor is distinguished from one that accepts no connections", async () => {
  await using sandbox = await makeSandbox();
  const dead = await startDesktop(sandbox, { dataName: "Cursor" });
  await dead.die();
  const full = mainSocketOf(sandbox.env, { dataName: "Windsurf" });
  const close = await listenFull(full);
  sandbox.defer(close);
  await Deno.writeTextFile(mainSocketOf(sandbox.env, { dataName: "Code" }), "no socket");
  const states = (await find(sandbox, { timeoutMs: 300 }))
    .map(({ product, state }) => `${product} ${state}`);
  assertEquals(states.sort(), ["code dead", "cursor dead", "windsurf unresponsive"]);
});

Deno.test({
  name: "another user's main socket is not used",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using sandbox = await makeSandbox();
    const editor = await startDesktop(sandbox);
    await Deno.chown(editor.socketPath, 4242, 4242);
    assertEquals((await find(sandbox))[0]!.state, "forbidden");
    assertEquals(editor.contexts, []);
    assertEquals((await find(sandbox, { allowOwners: [4242] }))[0]!.state, "live");
  },
});

Deno.test("at most 256 windows and 1,000 characters of a title are kept", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startDesktop(sandbox, { behaviour: "million" });
  const limits = { timeoutMs: 30_000 };
  assertEquals((await desktopWindows({ mainSocket: socketPath }, limits)).length, 256);
  const titles = await startDesktop(sandbox, {
    dataName: "Cursor",
    windows: [{ title: "x".repeat(2000) }],
  });
  const [window] = await desktopWindows({ mainSocket: titles.socketPath }, limits);
  assertEquals(window!.title, "x".repeat(1000));
});

Deno.test("hanging editors are waited for in parallel, and not at all when one answer is enough", async () => {
  await using sandbox = await makeSandbox();
  const hanging = ["Code", "Cursor", "Windsurf", "VSCodium", "Positron"];
  const editors = await Promise.all(
    hanging.map((dataName) => startDesktop(sandbox, { dataName, behaviour: "hang" })),
  );
  const all = await find(sandbox, { timeoutMs: 1000 });
  assertEquals(all.map(({ state }) => state), Array(5).fill("unresponsive"));
  assertEquals(mostAtOnce(editors), 5);
  await startDesktop(sandbox, { dataName: "Code - Insiders" });
  const found = new DesktopEditors({ context: machineOf(sandbox), timeoutMs: 60_000 });
  const some = await found.until(({ state }) => state === "live");
  assertEquals(some.map(({ product }) => product), ["code-insiders"]);
});

Deno.test("no more than 64 main sockets are asked", async () => {
  await using sandbox = await makeSandbox();
  for (let at = 0; at < 80; at++) {
    const hash = at.toString(16).padStart(8, "0");
    await Deno.writeTextFile(sandbox.path(`run/vscode-${hash}-1.13-main.sock`), "");
  }
  assertEquals((await find(sandbox)).length, 64);
});

Deno.test("no connection stays open to an editor that hangs", async () => {
  await using sandbox = await makeSandbox();
  await startDesktop(sandbox, { behaviour: "hang" });
  for (let at = 0; at < 5; at++) await find(sandbox, { timeoutMs: 20 });
  const open = () => socketsIn(sandbox.path("run"));
  await until(() => `the listener is the only one of ${open()} sockets`, () => open() === 1);
});
