/** Sockets that answer but are not windows, and windows that stop answering. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  alone,
  compiled,
  type EditorBehaviour,
  type FakeEditor,
  mostAtOnce,
  run,
  type RunResult,
  type Sandbox,
  startEditor,
} from "../support/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { makeFolders } from "./folders.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess(alone);

function open(
  sandbox: Sandbox,
  args: string[],
  env: Record<string, string> = {},
): Promise<RunResult> {
  return run(shared, sandbox, { args: ["open", ...args], env });
}

/**
 * Starts an editor socket in the usual directory; `older` sets an earlier time than the others'.
 */
async function startAt(
  sandbox: Sandbox,
  behaviour: EditorBehaviour,
  older = false,
): Promise<FakeEditor> {
  const socketPath = sandbox.path("run", `vscode-ipc-${crypto.randomUUID()}.sock`);
  const editor = await startEditor(sandbox, { socketPath, behaviour });
  if (older) await Deno.utime(socketPath, 1_700_000_000, 1_700_000_000);
  return editor;
}

Deno.test("with only an agent host, every command reports in time that there is no window", async () => {
  await using sandbox = await makeFolders();
  const host = await startAt(sandbox, "agent-host");
  const opened = await open(sandbox, ["one/f"]);
  assertEquals(opened.code, 1);
  assertStringIncludes(opened.stderr, `${host.socketPath}: answers, but is not an editor window`);
  for (const args of [["browse", "http://localhost/"], ["clipboard"], ["extensions", "list"]]) {
    const { code, stderr } = await run(shared, sandbox, { args, stdin: "" });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "no editor window found");
  }
  const env = await run(shared, sandbox, { args: ["env", "--shell", "bash"] });
  assertEquals([env.code, env.stdout], [1, "unset VSCODE_IPC_HOOK_CLI\n"]);
  // It never answers messages, so each one would be waited for.
  assertEquals([host.hung.length, host.messages.length], [0, 0]);
});

Deno.test("with only an agent host, --launch runs", async () => {
  await using sandbox = await makeFolders();
  await startAt(sandbox, "agent-host");
  const args = ["open", "--launch", "echo launched", "one/f"];
  const { code, stdout } = await run(alone(compiled), sandbox, { args });
  assertEquals([code, stdout], [0, "launched one/f\n"]);
});

Deno.test("with an agent host beside a window, the file goes to the window", async () => {
  await using sandbox = await makeFolders();
  const window = await startAt(sandbox, "normal", true);
  const host = await startAt(sandbox, "agent-host");
  const { code, stderr } = await open(sandbox, ["one/f"], {
    VSCODE_IPC_HOOK_CLI: host.socketPath,
  });
  assertEquals([code, stderr], [0, ""]);
  assertEquals(window.messages.length, 1);
});

Deno.test("list --all omits agent hosts, and doctor reports that they are not windows", async () => {
  await using sandbox = await makeFolders();
  const window = await startAt(sandbox, "normal");
  const host = await startAt(sandbox, "agent-host");
  const list = await run(shared, sandbox, { args: ["list", "--all", "--json"] });
  const sockets = (JSON.parse(list.stdout) as { socketPath: string }[])
    .map(({ socketPath }) => socketPath);
  assertEquals(sockets, [window.socketPath]);
  const doctor = await run(shared, sandbox, { args: ["doctor"] });
  assertStringIncludes(
    doctor.stdout,
    `not an editor window (for example an agent host): ${host.socketPath}`,
  );
});

Deno.test("a registered socket that is not an editor is skipped, and list and doctor report it", async () => {
  await using sandbox = await makeFolders();
  const server = await startServer(sandbox);
  const window = await startEditor(sandbox);
  await register(server.socket, window.socketPath, sandbox.path("one"));
  // The registry's own socket was registered by mistake, after the window.
  await register(server.socket, server.socket, sandbox.path("one"));
  assertEquals((await open(sandbox, ["one/f"])).code, 0);
  assertEquals(window.messages.length, 1);
  const find = await run(shared, sandbox, { args: ["find", sandbox.path("one/f")] });
  assertEquals(find.stdout, `${window.socketPath}\n`);
  const list = await run(shared, sandbox, { args: ["list", "--json"] });
  const states = (JSON.parse(list.stdout) as { liveness: string }[]).map((one) => one.liveness);
  assertEquals(states.sort(), ["live", "no-editor"]);
  const doctor = await run(shared, sandbox, { args: ["doctor"] });
  assertStringIncludes(doctor.stdout, `registered, but not an editor window: ${server.socket}`);
  assertStringIncludes(doctor.stdout, `sessionctl remove ${server.socket}`);
});

Deno.test("add rejects a socket that answers but is not an editor", async () => {
  await using sandbox = await makeFolders();
  const server = await startServer(sandbox);
  const { code, stderr } = await run(shared, sandbox, { args: ["add", server.socket] });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "answers, but is not an editor window");
  const list = await run(shared, sandbox, { args: ["list", "--json"] });
  assertEquals(JSON.parse(list.stdout), []);
});

Deno.test("--to rejects a socket that is not an editor", async () => {
  await using sandbox = await makeFolders();
  const host = await startAt(sandbox, "agent-host");
  const { code, stderr } = await open(sandbox, ["--to", host.socketPath, "one/f"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "answers, but is not an editor window");
});

for (
  const [args, stdin] of [[["open", "one/f"]], [["browse", "http://localhost/"]], [
    ["clipboard"],
    "x",
  ]] as [
    string[],
    string?,
  ][]
) {
  Deno.test(`${args[0]} uses the next window if one does not read the message`, async () => {
    await using sandbox = await makeFolders();
    const next = await startAt(sandbox, "normal", true);
    const stalled = await startAt(sandbox, "stall");
    const { code, stderr } = await run(shared, sandbox, { args, stdin });
    assertEquals(code, 0, stderr);
    assertEquals([stalled.messages.length, next.messages.length], [0, 1]);
  });
}

Deno.test("the only window that does not read the message is reported as such, and not as dead", async () => {
  await using sandbox = await makeFolders();
  const stalled = await startAt(sandbox, "stall");
  const { code, stderr } = await open(sandbox, ["one/f"]);
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    `${stalled.socketPath}: did not take the message: ` +
      `${stalled.socketPath}: did not read the message within 2000 ms`,
  );
  assertEquals(stderr.includes("dead"), false, stderr);
});

Deno.test("forty hung windows cost one time limit together", async () => {
  await using sandbox = await makeFolders();
  const windows = await Promise.all(Array.from({ length: 40 }, (_, at) => {
    const socketPath = sandbox.path(`run/vscode-ipc-${at}.sock`);
    return startEditor(sandbox, { socketPath, behaviour: "hang" });
  }));
  const { code, stderr } = await open(sandbox, ["one/f"]);
  assertEquals(code, 1);
  assertEquals(stderr.match(/does not answer/g)?.length, 40);
  assertEquals(mostAtOnce(windows), 40);
});

Deno.test("browse reports after 3 s that a window accepted the URL but does not answer", async () => {
  await using sandbox = await makeFolders();
  const window = await startAt(sandbox, "silent");
  const started = performance.now();
  const browse = new Deno.Command(compiled.command, {
    args: ["browse", "http://localhost/"],
    cwd: sandbox.directory,
    env: sandbox.env,
    clearEnv: true,
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const told = await browse.stderr.pipeThrough(new TextDecoderStream()).values().next();
  browse.kill("SIGKILL");
  await browse.status;
  assertMatch(
    told.value ?? "",
    /no answer yet from .*its page may be asking something/,
  );
  assert(performance.now() - started > 2500);
  assertEquals(window.messages.length, 1);
});

Deno.test("browse fails in time if the page of the only window is gone", async () => {
  await using sandbox = await makeFolders();
  const ghost = await startAt(sandbox, "ghost");
  const { code, stderr } = await run(shared, sandbox, { args: ["browse", "http://localhost/"] });
  assertEquals(code, 4);
  assertStringIncludes(stderr, `the page of the window at ${ghost.socketPath} does not answer`);
  // The message, and meanwhile the question whether the page answers at all.
  assertEquals(ghost.hung.length, 2);
});
