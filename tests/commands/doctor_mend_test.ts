import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { writeAll } from "../../src/platform/write_all.ts";
import { makeSandbox, startEditor } from "../support/mod.ts";
import { asRoot, mountSmall, startServer } from "../registry/serve_support.ts";
import { doctor, endDetached, healthyPlace, mended } from "./doctor_support.ts";

Deno.test("doctor's fix repairs a registry's directory that is open to others", async () => {
  await using sandbox = await makeSandbox();
  const socket = await healthyPlace(sandbox);
  await Deno.chmod(dirname(socket), 0o755);
  const problem = await mended(sandbox);
  assertStringIncludes(problem.text, "is open to others (mode 0755)");
  assertEquals(problem.fix, `chmod 700 ${dirname(socket)}`);
});

Deno.test({
  name: "doctor's fix repairs state that belongs to another user",
  ...asRoot,
  async fn() {
    await using sandbox = await makeSandbox();
    await healthyPlace(sandbox);
    await Deno.chown(sandbox.path("state/sessionctl"), 4242, 4242);
    const problem = await mended(sandbox);
    assertMatch(problem.text, /state\/sessionctl belongs to another user \(uid 4242\)/);
  },
});

Deno.test({
  name: "doctor reports a full disk under the state file",
  ...asRoot,
  async fn() {
    await using sandbox = await makeSandbox();
    await Deno.mkdir(sandbox.path("state"));
    const disk = sandbox.path("state/sessionctl");
    if (!await mountSmall(sandbox, disk, 256 * 1024)) return;
    await healthyPlace(sandbox);
    assertEquals((await doctor(sandbox)).problems, []);
    const filler = await Deno.open(`${disk}/filler`, { create: true, write: true });
    await assertRejects(() => writeAll(filler, new Uint8Array(1024 * 1024)), Error, "No space");
    filler.close();
    const { problems } = await doctor(sandbox);
    assertEquals(problems.map(({ text }) => text), [
      `cannot write to ${disk} (No space left on device), so the registry cannot record changes`,
    ]);
    assertEquals([...Deno.readDirSync(disk)].filter(({ name }) => name.startsWith(".")), []);
  },
});

Deno.test("doctor's fix repairs a state file that others can read", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  await Deno.chmod(sandbox.path("state/sessionctl/registry.db"), 0o644);
  const problem = await mended(sandbox);
  assertStringIncludes(problem.text, "registry.db is open to others (mode 0644)");
});

Deno.test("doctor's fix repairs an editor socket that others may connect to", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  await Deno.chmod(editor.socketPath, 0o777);
  assertEquals(
    (await doctor(sandbox)).problems,
    [],
    "nobody else should be able to enter its directory",
  );
  for (const directory of [sandbox.directory, sandbox.path("run")]) {
    Deno.chmodSync(directory, 0o711);
  }
  const problem = await mended(sandbox);
  assertStringIncludes(problem.text, "others may connect to the editor socket");
});

for (
  const [name, spoil] of [
    ["a config file that others can write", (path: string) => Deno.chmodSync(path, 0o666)],
    ["a config file of another user", (path: string) => Deno.chownSync(path, 4242, 4242)],
  ] as const
) {
  Deno.test({
    name: `doctor's fix repairs ${name}`,
    ignore: Deno.build.os === "windows" || Deno.uid() !== 0,
    async fn() {
      await using sandbox = await makeSandbox();
      await healthyPlace(sandbox);
      const path = sandbox.path("home/.config/sessionctl/config.jsonc");
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, "{}", { mode: 0o600 });
      assertEquals((await doctor(sandbox)).problems, []);
      spoil(path);
      await mended(sandbox);
    },
  });
}

Deno.test("doctor reports that no registry runs and how to start one", async () => {
  await using sandbox = await makeSandbox();
  endDetached(sandbox);
  const problem = await mended(sandbox);
  assertStringIncludes(problem.text, "no registry is running");
  assertEquals(problem.fix, "sessionctl serve --detach");
});

Deno.test({
  name: "doctor's fix replaces a registry on another path that holds the state file",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    endDetached(sandbox);
    const state = sandbox.path("home/.local/state/sessionctl/registry.db");
    const socket = sandbox.path("run/other/registry.sock");
    const server = await startServer(sandbox, { state, socket });
    const { pid } = server.child;
    const problem = await mended(sandbox);
    assertEquals(
      problem.details?.at(-1),
      `another server (pid ${pid}) holds the state file ${state}`,
    );
    assertEquals(problem.fix, `sessionctl stop --socket ${socket}; sessionctl serve --detach`);
  },
});

Deno.test("doctor reports that no registry runs without a home directory, too", async () => {
  await using sandbox = await makeSandbox();
  const { problems } = await doctor(sandbox, { HOME: "/nonexistent", XDG_STATE_HOME: "" });
  assertEquals(problems[0]!.fix, "sessionctl serve --detach");
  const none = await doctor(sandbox, { HOME: "", XDG_STATE_HOME: "" });
  const text =
    "no registry is running: windows cannot register, and registered windows are not found";
  const problem = none.problems.find((each) => each.text === text);
  // If the user database has a home directory, that one is used.
  assertMatch(problem!.fix!, /^sessionctl serve --detach( --no-state)?$/);
});

Deno.test("doctor reports SESSIONCTL_SOCKET without a registry and how to fix it", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("own"), { mode: 0o700 });
  const env = { SESSIONCTL_SOCKET: sandbox.path("own/registry.sock") };
  endDetached(sandbox, env);
  const problem = await mended(sandbox, env);
  assertEquals(problem.details, [
    `SESSIONCTL_SOCKET names ${env.SESSIONCTL_SOCKET}; no other place is checked`,
  ]);
});

Deno.test({
  name: "doctor's fix repairs a registry that hangs",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    endDetached(sandbox);
    const server = await startServer(sandbox);
    server.child.kill("SIGSTOP");
    const problem = await mended(sandbox);
    assertStringIncludes(problem.text, "gives a wrong answer");
  },
});
