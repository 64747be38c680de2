import { assertEquals } from "@std/assert";
import { productsOf } from "../../src/desktop/mod.ts";
import {
  mainSocketPaths,
  type SystemContext,
  userDataDirectories,
} from "../../src/platform/mod.ts";

const raw = String.raw;

/** Windows as far as its environment tells. */
const windows = (variables: Record<string, string>): SystemContext => ({
  os: "windows",
  uid: 0,
  env: (name) => variables[name],
  isDirectory: () => false,
  ownerOf: () => undefined,
  readTextFile: () => undefined,
});

const ann = windows({ USERPROFILE: raw`C:\Users\ann`, APPDATA: raw`C:\Users\ann\AppData\Roaming` });

/** The beginnings of `printf %s DIRECTORY | sha256sum`. */
const CODE = "59dbbe83";
const CURSOR = "60b1cee7";

async function names(context: SystemContext, ...pipes: string[]): Promise<string[]> {
  const products = await productsOf(pipes.map((name) => raw`\\.\pipe` + `\\${name}`), context);
  return products.map(({ id }) => id);
}

Deno.test("a main process on Windows is named by the hash in its pipe's name", async () => {
  assertEquals(await names(ann, `${CODE}-1.105.1-main-sock`), ["code"]);
  assertEquals(await names(ann, `${CURSOR}-2.0.34-main-sock`, `${CODE}-1.9-main-sock`), [
    "cursor",
    "code",
  ]);
  // Without the variable, the profile tells.
  const bare = windows({ USERPROFILE: raw`C:\Users\ann` });
  assertEquals(await names(bare, `${CODE}-1.105.1-main-sock`), ["code"]);
});

Deno.test("a pipe of another user's editor, and one with another name, have no product", async () => {
  const bob = windows({ APPDATA: raw`C:\Users\bob\AppData\Roaming` });
  assertEquals(await names(bob, `${CODE}-1.105.1-main-sock`), []);
  const others = [
    `${CODE}-1.105.1-shared-sock`,
    `x${CODE}-1.105.1-main-sock`,
    `${CODE.toUpperCase()}-1.105.1-main-sock`,
    `${CODE}-main-sock`,
    `sub\\${CODE}-1.105.1-main-sock`,
  ];
  for (const name of others) assertEquals(await names(ann, name), [], name);
});

Deno.test("data directories on Windows are those of the environment, each product's below them", () => {
  const moved = windows({
    VSCODE_PORTABLE: raw`D:\p`,
    VSCODE_APPDATA: raw`E:\a`,
    APPDATA: raw`F:\b`,
  });
  const paths = userDataDirectories(moved).map(({ path }) => path);
  assertEquals(paths[0], raw`D:\p\user-data`);
  for (const path of [raw`E:\a\Code`, raw`F:\b\Code - Insiders`, raw`F:\b\Cursor`]) {
    assertEquals(paths.includes(path), true, path);
  }
  assertEquals(userDataDirectories(windows({})), []);
});

Deno.test("VSCODE_IPC_HOOK counts on Windows if it names the pipe of a main process", () => {
  const found = (hook: string) => mainSocketPaths(windows({ VSCODE_IPC_HOOK: hook }));
  const pipe = raw`\\.\pipe\59dbbe83-1.105.1-main-sock`;
  assertEquals(found(pipe), [pipe]);
  for (
    const other of [
      raw`C:\59dbbe83-1.105.1-main-sock`,
      raw`\\server\pipe\59dbbe83-1.105.1-main-sock`,
      raw`\\.\pipe\vscode-ipc-59dbbe83-sock`,
      raw`\\.\pipe\59dbbe83--main-sock`,
      raw`\\.\pipe\59dbbe83-${"1".repeat(40)}-main-sock`,
    ]
  ) assertEquals(found(other), [], other);
});
