import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import {
  compiled,
  limited,
  makeSandbox,
  run,
  startEditor,
  startRegistry,
  startWindowProcess,
  testProgram,
} from "../support/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

interface Listed {
  readonly socketPath: string;
  readonly kind: string;
  readonly source: string;
  readonly liveness: string;
  readonly workspace?: { readonly folders: readonly string[] };
}

testProgram("list --all shows unregistered windows beside registered ones", async (program) => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const known = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  const found = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-b.sock") });
  const dead = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-c.sock") });
  await dead.die();
  await register(socket, known.socketPath, "/work/known");
  await Deno.mkdir(sandbox.path("work"));
  await startWindowProcess(sandbox, sandbox.path("work"), {
    VSCODE_IPC_HOOK_CLI: found.socketPath,
    PATH: `${sandbox.path("home/.cursor-server/bin/1/bin/remote-cli")}:/usr/bin:/bin`,
  });
  const { code, stdout } = await run(program, sandbox, { args: ["list", "--all", "--json"] });
  assertEquals(code, 0);
  const listed = (JSON.parse(stdout) as Listed[])
    .filter(({ socketPath }) => socketPath.startsWith(sandbox.directory))
    .sort((a, b) => a.socketPath < b.socketPath ? -1 : 1)
    .map(({ kind, source, liveness, workspace }) => [kind, source, liveness, workspace?.folders]);
  const linux = Deno.build.os === "linux";
  assertEquals(listed, [
    ["editor", "api", "live", ["/work/known"]],
    [linux ? "cursor" : "editor", "discovered", "live", linux ? [sandbox.path("work")] : []],
    ["editor", "discovered", "dead", []],
  ]);
}, { source: shared });

Deno.test("list --all needs no registry, and its table shows the source of each window", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  const { code, stdout, stderr } = await run(shared, sandbox, { args: ["list", "-a"] });
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^STATE +KIND +SOURCE +AGE +PID +FOLDER +SOCKET\n/);
  assertMatch(stdout, new RegExp(`live +editor +discovered .*${editor.socketPath}`));
  const named = ["list", "--all", "--socket", sandbox.path("none.sock")];
  const other = await run(shared, sandbox, { args: named });
  assertEquals(other.code, 3);
  assertStringIncludes(other.stderr, "no registry is running");
});

Deno.test("list --all and doctor ask code-server's own registry", async () => {
  await using sandbox = await makeSandbox();
  const inPlace = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  const elsewhere = await startEditor(sandbox, {
    socketPath: sandbox.path("home/vscode-ipc-b.sock"),
  });
  const work = sandbox.path("work");
  await Deno.mkdir(work);
  await startWindowProcess(sandbox, work, { VSCODE_IPC_HOOK_CLI: inPlace.socketPath });
  const registry = startRegistry(sandbox, [
    { socketPath: elsewhere.socketPath, folder: "/elsewhere" },
    { socketPath: inPlace.socketPath, folder: work },
  ], sandbox.path("home/.local/share/code-server/code-server-ipc.sock"));
  const listed = await run(shared, sandbox, { args: ["list", "--all", "--json"] });
  const sources = (JSON.parse(listed.stdout) as Listed[])
    .filter(({ socketPath }) => socketPath.startsWith(sandbox.directory))
    .map(({ socketPath, source, liveness }) => [socketPath, source, liveness]).sort();
  const linux = Deno.build.os === "linux";
  assertEquals(sources, [
    [elsewhere.socketPath, "upstream", "live"],
    [inPlace.socketPath, linux ? "upstream" : "discovered", "live"],
  ]);
  assertEquals(registry.asked.length > 0, true);
  const doctor = await run(shared, sandbox, { args: ["doctor"] });
  assertStringIncludes(
    doctor.stdout,
    `(${elsewhere.socketPath}), registered with code-server's own registry`,
  );
});

Deno.test("a code-server registry that hangs, refuses or answers invalid data names no window", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("home/.local/share/code-server/code-server-ipc.sock");
  await Deno.mkdir(dirname(path), { recursive: true });
  for (const body of ["null", "[1]", '{"socketPath": 7}', '{"socketPath": "relative"}', "<p>"]) {
    const server = Deno.serve({ path, onListen: () => {} }, () => new Response(body));
    const { code, stderr } = await run(shared, sandbox, { args: ["list", "--all", "--json"] });
    await server.shutdown();
    assertEquals([code, stderr], [0, ""], body);
  }
  const silent = Deno.listen({ transport: "unix", path });
  const { code } = await run(limited(compiled), sandbox, { args: ["list", "--all", "--json"] });
  silent.close();
  assertEquals(code, 0);
});
