import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SessionctlError } from "../../src/errors.ts";
import { instanceDirectory, workspaceSocketPath } from "../../src/ipc/mod.ts";
import {
  codeServerSocketCandidates,
  editorSocketDirectories,
  homeDirectory,
  registrySocketCandidates,
  stateFilePath,
  type SystemContext,
} from "../../src/platform/mod.ts";

function machine(
  env: Record<string, string>,
  { directories = [], passwd, os = "linux" }: {
    directories?: string[];
    passwd?: string;
    os?: SystemContext["os"];
  } = {},
): SystemContext {
  return {
    os,
    uid: 1000,
    env: (name) => env[name] || undefined,
    isDirectory: (path) => directories.includes(path),
    ownerOf: () => undefined,
    readTextFile: (path) => path === "/etc/passwd" ? passwd : undefined,
  };
}

const fallback = "/tmp/sessionctl-1000/registry.sock";

Deno.test("the registry's socket lies under XDG_RUNTIME_DIR, then /run/user/UID, then /tmp", () => {
  const context = machine({ XDG_RUNTIME_DIR: "/rt" }, { directories: ["/run/user/1000"] });
  assertEquals(registrySocketCandidates(undefined, context), [
    "/rt/sessionctl/registry.sock",
    "/run/user/1000/sessionctl/registry.sock",
    fallback,
  ]);
});

Deno.test("without the variable, /run/user/UID is used if it exists", () => {
  const context = machine({}, { directories: ["/run/user/1000"] });
  assertEquals(registrySocketCandidates(undefined, context), [
    "/run/user/1000/sessionctl/registry.sock",
    fallback,
  ]);
  assertEquals(registrySocketCandidates(undefined, machine({})), [fallback]);
});

Deno.test("each place is searched once", () => {
  const context = machine({ XDG_RUNTIME_DIR: "/run/user/1000" }, {
    directories: ["/run/user/1000"],
  });
  assertEquals(registrySocketCandidates(undefined, context).length, 2);
});

Deno.test("a relative or empty XDG_RUNTIME_DIR is ignored", () => {
  for (const value of ["run/me", "", "./x"]) {
    const context = machine({ XDG_RUNTIME_DIR: value });
    assertEquals(registrySocketCandidates(undefined, context), [fallback]);
  }
});

Deno.test("on macOS TMPDIR comes before /tmp", () => {
  const context = machine({ TMPDIR: "/var/folders/x/T/" }, { os: "darwin" });
  assertEquals(registrySocketCandidates(undefined, context), [
    "/var/folders/x/T/sessionctl/registry.sock",
    fallback,
  ]);
});

Deno.test("--socket overrides all other sockets, and SESSIONCTL_SOCKET the default ones", () => {
  const context = machine({ XDG_RUNTIME_DIR: "/rt", SESSIONCTL_SOCKET: "/env.sock" });
  assertEquals(registrySocketCandidates("/given.sock", context), ["/given.sock"]);
  assertEquals(registrySocketCandidates(undefined, context), ["/env.sock"]);
});

Deno.test("the state lies under XDG_STATE_HOME, else under the home directory", () => {
  const rest = "sessionctl/registry.db";
  assertEquals(stateFilePath(machine({ XDG_STATE_HOME: "/st", HOME: "/h" })), `/st/${rest}`);
  const relative = machine({ XDG_STATE_HOME: "st", HOME: "/h" });
  assertEquals(stateFilePath(relative), `/h/.local/state/${rest}`);
});

Deno.test("without HOME the home directory comes from the password file", () => {
  const passwd = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n";
  assertEquals(homeDirectory(machine({}, { passwd })), "/home/ann");
  assertEquals(homeDirectory(machine({ HOME: "relative" }, { passwd })), "/home/ann");
});

Deno.test("with no home directory at all the error says what to set", () => {
  const error = assertThrows(() => stateFilePath(machine({})), SessionctlError);
  assertEquals(error.code, "STATE_UNAVAILABLE");
  assertEquals(error.hint, "set HOME or XDG_STATE_HOME, or use --state FILE or --no-state");
});

Deno.test("each temporary and runtime directory is searched once for editor sockets", () => {
  const directories = ["/rt", "/run/user/1000", "/tmp"];
  const context = machine({ XDG_RUNTIME_DIR: "/rt", TMPDIR: "/tmp/" }, { directories });
  assertEquals(editorSocketDirectories(context), directories);
});

Deno.test("code-server's socket comes from its variable, else from its data directory", () => {
  const file = "code-server/code-server-ipc.sock";
  assertEquals(codeServerSocketCandidates(machine({ HOME: "/h" })), [`/h/.local/share/${file}`]);
  const context = machine({ CODE_SERVER_SESSION_SOCKET: "/cs.sock", XDG_DATA_HOME: "/d" });
  assertEquals(codeServerSocketCandidates(context), ["/cs.sock", `/d/${file}`]);
});

Deno.test("instance sockets lie under XDG_DATA_HOME, relative ones ignored", () => {
  assertEquals(instanceDirectory({}, machine({ XDG_DATA_HOME: "/d" })), "/d/sessionctl");
  const relative = machine({ XDG_DATA_HOME: "d", HOME: "/h" });
  assertEquals(instanceDirectory({}, relative), "/h/.local/share/sessionctl");
});

Deno.test("an application's name cannot lead out of its directory", async () => {
  const context = machine({ HOME: "/home/ann" });
  for (const app of ["..", ".", "../../x", "/etc", "a\\b", "a\0", ""]) {
    assertThrows(() => instanceDirectory({ app }, context), SessionctlError, "not a name");
    await assertRejects(() => workspaceSocketPath("/w", { app }, context), SessionctlError);
  }
});
