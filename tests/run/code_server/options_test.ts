import { assertEquals } from "@std/assert";
import { codeServerPaths, isCodeServer } from "../../../src/run/code_server/mod.ts";

/** The paths of a code-server with these arguments, this environment and this config file. */
function paths(args: string[], { env = {}, files = {} }: {
  env?: Record<string, string>;
  files?: Record<string, string>;
} = {}) {
  const variables: Record<string, string> = { HOME: "/home/ann", ...env };
  const found = codeServerPaths(args, {
    os: "linux",
    uid: 1000,
    cwd: "/cwd",
    env: (name) => variables[name],
    isDirectory: () => false,
    ownerOf: () => undefined,
    readTextFile: (path) => files[path],
  });
  return [found?.sessionSocket, found?.httpSocket];
}

Deno.test("a code-server is recognized by its name", () => {
  for (const name of ["code-server", "/usr/bin/code-server", "code-server-4.100.3"]) {
    assertEquals(isCodeServer(name), true, name);
  }
  for (const name of ["openvscode-server", "code", "my-code-server", "code-server.sh"]) {
    assertEquals(isCodeServer(name), false, name);
  }
});

Deno.test("the session socket path follows code-server's rules", () => {
  const standard = "/home/ann/.local/share/code-server/code-server-ipc.sock";
  assertEquals(paths([]), [standard, undefined]);
  assertEquals(
    paths([], { env: { XDG_DATA_HOME: "/data" } })[0],
    "/data/code-server/code-server-ipc.sock",
  );
  assertEquals(paths(["--user-data-dir", "ud"])[0], "/cwd/ud/code-server-ipc.sock");
  assertEquals(paths(["--user-data-dir=/ud/"])[0], "/ud/code-server-ipc.sock");
  assertEquals(paths(["--user-data-dir", "/ud", "--session-socket", "/s"])[0], "/s");
  // A word that follows a flag or `--` is not the value of an option.
  assertEquals(paths(["--verbose", "--", "--user-data-dir", "/ud"])[0], standard);
  assertEquals(paths(["--auth", "none", "/folder"]), [standard, undefined]);
});

Deno.test("the HTTP socket comes from the option, or else from the config file", () => {
  assertEquals(paths(["--socket", "http.sock"])[1], "/cwd/http.sock");
  assertEquals(paths(["--disable-telemetry", "--socket=/h"])[1], "/h");
  const files = {
    "/home/ann/.config/code-server/config.yaml":
      "bind-addr: 127.0.0.1:8080\nauth: password\nsocket: '/it''s.sock'\n" +
      'user-data-dir: "/u d" # ours\n',
    "/other.yaml": "socket: /other.sock # a comment\nconfig: /nowhere\n",
  };
  assertEquals(paths([], { files }), ["/u d/code-server-ipc.sock", "/it's.sock"]);
  assertEquals(paths(["--socket", "/mine"], { files }), ["/u d/code-server-ipc.sock", "/mine"]);
  assertEquals(paths(["--config", "/other.yaml"], { files })[1], "/other.sock");
  const env = { CODE_SERVER_CONFIG: "/other.yaml" };
  assertEquals(paths([], { files, env })[1], "/other.sock");
});
