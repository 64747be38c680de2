import { assertEquals, assertThrows } from "@std/assert";
import { windowsFileUri } from "../../src/editor/file_uri.ts";
import { SessionctlError } from "../../src/errors.ts";
import {
  besideSocket,
  checkSocketPath,
  configFilePath,
  editorSocketDirectories,
  homeDirectory,
  isPipePath,
  logDirectory,
  registrySocketCandidates,
  socketDirectory,
  stateFilePath,
  type SystemContext,
} from "../../src/platform/mod.ts";
import {
  isWindowsPath,
  windowsPathKey,
  windowsPathOfUri,
  withoutTrailingBackslashes,
} from "../../src/platform/windows_path.ts";

const { raw } = String;

function windows(variables: Record<string, string>): SystemContext {
  return {
    os: "windows",
    uid: 0,
    env: (name) => variables[name],
    isDirectory: () => false,
    ownerOf: () => undefined,
    readTextFile: () => undefined,
  };
}

const ann = windows({ USERPROFILE: raw`C:\Users\Ann B`, HOME: "/c/Users/other" });

Deno.test("all spellings of a Windows path have one key", () => {
  const same = [
    [raw`C:\Api\main.ts`, raw`c:\api\MAIN.ts`, "c:/api/main.ts", raw`\\?\C:\api\main.ts`],
    [raw`C:\Api`, raw`c:\api\ `.trim(), "C:/api/", raw`\\?\c:\API`],
    [raw`\\srv\share\x`, "//SRV/share/x", raw`\\?\UNC\srv\share\x`, raw`\\srv\share\x\ `.trim()],
    ["c:\\", "C:/", raw`\\?\C:\ `.trim()],
  ];
  for (const names of same) {
    assertEquals([...new Set(names.map(windowsPathKey))].length, 1, names.join(" "));
  }
  const keys = same.map(([name]) => windowsPathKey(name!));
  assertEquals(new Set([...keys, windowsPathKey(raw`D:\Api`)]).size, same.length + 1);
});

Deno.test("trailing backslashes are removed, except those of a root", () => {
  for (
    const [path, without] of [
      ["c:\\api\\\\", "c:\\api"],
      ["c:\\", "c:\\"],
      ["c:", "c:\\"],
      ["c:/api/", "c:/api"],
      ["\\\\srv\\share\\", "\\\\srv\\share\\"],
      ["\\\\srv\\share\\x\\", "\\\\srv\\share\\x"],
    ] as const
  ) assertEquals(withoutTrailingBackslashes(path), without);
});

Deno.test("file URIs name paths of drives and shares", () => {
  assertEquals(windowsPathOfUri("/c:/Users/ann"), raw`c:\Users\ann`);
  assertEquals(windowsPathOfUri("/C:/"), "C:\\");
  assertEquals(windowsPathOfUri("/c:"), "c:\\");
  assertEquals(windowsPathOfUri("/c|/old"), raw`c:\old`);
  assertEquals(windowsPathOfUri("/c:/x", "localhost"), raw`c:\x`);
  assertEquals(windowsPathOfUri("/share/x y", "srv"), raw`\\srv\share\x y`);
  assertEquals(windowsPathOfUri("//srv/share/x"), raw`\\srv\share\x`);
});

Deno.test("paths of drives and shares have the same URIs as in Node", () => {
  for (
    const [path, uri] of [
      [raw`C:\api\main.ts`, "file:///C:/api/main.ts"],
      [raw`c:\50% off #1\a?b.ts`, "file:///c:/50%25%20off%20%231/a%3Fb.ts"],
      [raw`\\srv\share\a b.ts`, "file://srv/share/a%20b.ts"],
      [raw`\\?\C:\long\x.ts`, "file:///C:/long/x.ts"],
      [raw`\\?\UNC\srv\share\x.ts`, "file://srv/share/x.ts"],
      [raw`C:\ümlaut\x~1.ts`, "file:///C:/%C3%BCmlaut/x%7E1.ts"],
    ] as const
  ) assertEquals(windowsFileUri(path), uri);
});

Deno.test("a URI converts back to the path that it was made from, with any characters", () => {
  const letters = "aB %#?[]^|~é\u{1f600}.-_+&=;,'()";
  let seed = 7;
  const next = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 500; round++) {
    const names = Array.from(
      { length: 1 + next(4) },
      () =>
        Array.from({ length: 1 + next(8) }, () => [...letters][next([...letters].length)]).join(""),
    );
    const root = next(2) === 0 ? "C:" : raw`\\srv\share`;
    const path = [root, ...names.map((name) => `x${name}`)].join("\\");
    const { host, pathname } = new URL(windowsFileUri(path));
    assertEquals(windowsPathOfUri(decodeURIComponent(pathname), host), path);
  }
});

Deno.test("Windows paths are distinguished from others", () => {
  for (const path of ["c:\\", "C:/x", raw`\\srv\share`]) assertEquals(isWindowsPath(path), true);
  for (const path of ["/home", "c:x", "x\\y", "http://x"]) assertEquals(isWindowsPath(path), false);
});

Deno.test("on Windows state and configuration lie in the user's profile", () => {
  assertEquals(homeDirectory(ann), raw`C:\Users\Ann B`);
  assertEquals(stateFilePath(ann), raw`C:\Users\Ann B\AppData\Local\sessionctl\registry.db`);
  assertEquals(logDirectory(ann), raw`C:\Users\Ann B\AppData\Local\sessionctl\log`);
  assertEquals(configFilePath(ann), raw`C:\Users\Ann B\AppData\Roaming\sessionctl\config.jsonc`);
  const moved = windows({ LOCALAPPDATA: raw`D:\l`, APPDATA: raw`D:\r`, XDG_STATE_HOME: "/x" });
  assertEquals(stateFilePath(moved), raw`D:\l\sessionctl\registry.db`);
  assertEquals(configFilePath(moved), raw`D:\r\sessionctl\config.jsonc`);
  assertThrows(() => socketDirectory(raw`\\.\pipe\x`, windows({})), SessionctlError);
  assertEquals(editorSocketDirectories(ann), []);
});

Deno.test("on Windows sockets are pipes, and the registry's pipe contains the user's name", () => {
  const [pipe, ...others] = registrySocketCandidates(undefined, ann);
  assertEquals(pipe, raw`\\.\pipe\sessionctl-registry-c-users-ann-b`);
  assertEquals(others, []);
  assertEquals(isPipePath(pipe!), true);
  assertEquals(checkSocketPath(pipe!, "it", ann), pipe);
  assertEquals(
    besideSocket(raw`\\.\pipe\My App:1`, ".lock", ann),
    raw`C:\Users\Ann B\AppData\Local\sessionctl\run\my%20app%3a1.lock`,
  );
  for (const path of ["", "/run/x.sock", raw`C:\x.sock`, raw`\\.\pipe\ `.trim(), "x\0"]) {
    assertThrows(() => checkSocketPath(path, "it", ann), SessionctlError);
  }
  const long = raw`\\.\pipe\ `.trim() + "x".repeat(300);
  assertThrows(() => checkSocketPath(long, "it", ann), SessionctlError, "longer than 256");
});
