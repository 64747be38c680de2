/** The socket of tjx666/vscode-mcp's extension: every way of computing its path agrees. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { formerVscodeMcpPaths } from "../../src/ipc/mod.ts";
import { workspaceSocketPath } from "../../src/mod.ts";
import {
  endListener,
  makeSandbox,
  run,
  type Sandbox,
  source,
  testProgram,
} from "../support/mod.ts";

/** The hash of `workspaceFolders[0].uri.fsPath`, computed as in the extension. */
const hashOf = (fsPath: string) => createHash("md5").update(fsPath).digest("hex").slice(0, 8);

const windowsPipe = (path: string) =>
  workspaceSocketPath(path, { platform: "windows", scheme: "vscode-mcp" });

Deno.test("the name of a Windows pipe is also derived from the workspace", async () => {
  const path = await workspaceSocketPath("C:\\work\\", { platform: "windows" });
  assert(/^\\\\\.\\pipe\\sessionctl-[0-9a-f]{16}$/.test(path), path);
  assertEquals(await workspaceSocketPath("C:\\work", { platform: "windows" }), path);
  const mcp = await windowsPipe("C:\\work");
  assert(/^\\\\\.\\pipe\\vscode-mcp-[0-9a-f]{8}$/.test(mcp), mcp);
});

Deno.test("a drive is hashed as VS Code writes it: letter in lower case, root with a backslash", async () => {
  const cases: [string, string][] = [
    ["C:\\work", "c:\\work"],
    ["c:\\Work\\", "c:\\Work"],
    ["D:/work/api/", "d:\\work\\api"],
    ["C:\\", "c:\\"],
    ["c:/", "c:\\"],
    ["\\\\server\\share", "\\\\server\\share\\"],
    ["\\\\Server\\share\\api\\", "\\\\Server\\share\\api"],
  ];
  for (const [path, fsPath] of cases) {
    assertEquals(await windowsPipe(path), `\\\\.\\pipe\\vscode-mcp-${hashOf(fsPath)}`, path);
  }
});

Deno.test("on other systems a path is hashed without trailing slashes, and a backslash is part of a name", async () => {
  const cases: [string, string][] = [
    ["/home/ann/api", "/home/ann/api"],
    ["/home/ann/api//", "/home/ann/api"],
    ["//home/ann", "/home/ann"],
    ["/", "/"],
    ["/home/ann/a\\", "/home/ann/a\\"],
    ["/C:\\work", "/C:\\work"],
  ];
  for (const [path, fsPath] of cases) {
    const socketPath = await workspaceSocketPath(path, { platform: "linux", scheme: "vscode-mcp" });
    assertStringIncludes(socketPath, `/yutengjing-vscode-mcp/vscode-mcp-${hashOf(fsPath)}.sock`);
  }
});

Deno.test("on macOS the bridge's socket is in the directory that its own program uses", async () => {
  const context = {
    os: "darwin" as const,
    uid: 501,
    env: (name: string) => name === "HOME" ? "/Users/ann" : undefined,
    isDirectory: () => false,
    ownerOf: () => undefined,
    readTextFile: () => undefined,
  };
  assertStringIncludes(
    await workspaceSocketPath("/w", { scheme: "vscode-mcp" }, context),
    "/Users/ann/Library/Application Support/YuTengjing.vscode-mcp/vscode-mcp-",
  );
});

Deno.test("the bridge's older socket is in the temporary directory that Node uses, or in /tmp", async () => {
  const machine = (env: Record<string, string>, os: "linux" | "windows" = "linux") => ({
    os,
    uid: 1000,
    env: (name: string) => env[name],
    isDirectory: () => false,
    ownerOf: () => undefined,
    readTextFile: () => undefined,
  });
  const name = `vscode-mcp-${hashOf("/w")}.sock`;
  assertEquals(await formerVscodeMcpPaths("/w/", machine({})), [`/tmp/${name}`]);
  assertEquals(await formerVscodeMcpPaths("/w", machine({ TMPDIR: "/t/", TEMP: "rel" })), [
    `/t/${name}`,
    `/tmp/${name}`,
  ]);
  assertEquals(await formerVscodeMcpPaths("C:\\w", machine({ TEMP: "C:\\t" }, "windows")), []);
});

/** Creates a workspace in a folder of the sandbox, and a symlink to it. */
async function makeLinked(sandbox: Sandbox): Promise<void> {
  await Deno.mkdir(sandbox.path("real/api"), { recursive: true });
  await Deno.symlink(sandbox.path("real"), sandbox.path("link"));
}

/** Answers every request with the socket's name and no newline, like the extension. */
async function serveBridge(sandbox: Sandbox, path: string): Promise<void> {
  await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  const serve = async () => {
    for await (const conn of listener) {
      const buffer = new Uint8Array(65536);
      const count = await conn.read(buffer);
      // A probe that only tests whether somebody listens sends nothing.
      if (count !== null) {
        const { id } = JSON.parse(new TextDecoder().decode(buffer.subarray(0, count)));
        await conn.write(new TextEncoder().encode(JSON.stringify({ id, result: path })));
      }
      conn.close();
    }
  };
  serve();
}

testProgram("path keeps links with the scheme vscode-mcp, like the editor", async (program) => {
  await using sandbox = await makeSandbox();
  await makeLinked(sandbox);
  const path = async (args: string[], env: Record<string, string> = {}, cwd?: string) => {
    const { stdout, stderr } = await run(program, sandbox, {
      args: ["path", "--scheme", "vscode-mcp", ...args],
      env,
      cwd,
    });
    assertEquals(stderr, "");
    return stdout.trim();
  };
  const directory = sandbox.path("home/.local/share/yutengjing-vscode-mcp");
  const expected = (name: string) => `${directory}/vscode-mcp-${hashOf(sandbox.path(name))}.sock`;
  assertEquals(await path(["link/api"]), expected("link/api"));
  assertEquals(await path(["link/api/"]), expected("link/api"));
  assertEquals(await path(["./real/../link//api/."]), expected("link/api"));
  assertEquals(await path(["real/api"]), expected("real/api"));
  // The current folder has the name that the shell uses.
  const here = { PWD: sandbox.path("link/api") };
  assertEquals(await path(["."], here, sandbox.path("real/api")), expected("link/api"));
  assertEquals(JSON.parse(await path(["--json", "link/api/"])), {
    workspace: sandbox.path("link/api"),
    socketPath: expected("link/api"),
  });
  assertEquals(
    await path(["--platform", "windows", "C:\\work"]),
    `\\\\.\\pipe\\vscode-mcp-${hashOf("c:\\work")}`,
  );
});

Deno.test("call finds the bridge by the path it was opened under, and by its older socket", async () => {
  await using sandbox = await makeSandbox();
  await makeLinked(sandbox);
  const data = sandbox.path("home/.local/share/yutengjing-vscode-mcp");
  const name = (path: string) => `vscode-mcp-${hashOf(sandbox.path(path))}.sock`;
  const call = async (workspace: string) => {
    const result = await run(source, sandbox, {
      args: ["call", "--scheme", "vscode-mcp", "--workspace", workspace, "getDiagnostics"],
    });
    return result.code === 0 ? result.stdout.trim() : result.stderr;
  };
  assertStringIncludes(await call("link/api"), "no program serves the workspace");
  const former = sandbox.path("tmp", name("real/api"));
  await serveBridge(sandbox, former);
  assertEquals(await call("real/api"), former);
  assertEquals(await call("link/api/"), former);
  // The stale socket of a killed editor does not hide the listener on the older one.
  await Deno.mkdir(data, { recursive: true });
  const dead = Deno.listen({ transport: "unix", path: `${data}/dead` });
  await Deno.link(`${data}/dead`, `${data}/${name("real/api")}`);
  endListener(dead);
  assertEquals(await call("real/api"), former);
  await serveBridge(sandbox, `${data}/${name("link/api")}`);
  assertEquals(await call("link/api"), `${data}/${name("link/api")}`);
  assertEquals(await call("real/api"), former);
});

Deno.test("an instance of the scheme vscode-mcp is served under the given path, with links kept", async () => {
  await using sandbox = await makeSandbox();
  await makeLinked(sandbox);
  // In a process of its own, because the path of an instance follows from the environment.
  const server = `
    const { serveInstance } = await import(${
    JSON.stringify(import.meta.resolve("../../src/mod.ts"))
  });
    using instance = await serveInstance("./link/api/", {}, { scheme: "vscode-mcp" });
    console.log(JSON.stringify([instance.socketPath, instance.workspace]));`;
  await Deno.writeTextFile(sandbox.path("server.ts"), server);
  const result = await run({ name: "source", command: Deno.execPath(), args: [] }, sandbox, {
    args: ["run", "-A", "--no-check", "--config", configFile, sandbox.path("server.ts")],
  });
  const workspace = sandbox.path("link/api");
  assertEquals(JSON.parse(result.stdout), [
    sandbox.path(
      "home/.local/share/yutengjing-vscode-mcp",
      `vscode-mcp-${hashOf(workspace)}.sock`,
    ),
    workspace,
  ], result.stderr);
});

const configFile = new URL("../../deno.json", import.meta.url).pathname;
