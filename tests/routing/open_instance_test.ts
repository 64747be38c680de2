/** `open` through the instance socket of a workspace (ADR-009). */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { workspaceSocketPath } from "../../src/ipc/mod.ts";
import {
  alone,
  compiled,
  endListener,
  makeSandbox,
  run,
  type Sandbox,
  startEditor,
  startRegistry,
} from "../support/mod.ts";

interface Call {
  readonly method: string;
  readonly params: unknown;
}

interface InstanceBehaviour {
  /** The workspace that it reports. */
  readonly claims?: string;
  /** Ends after it has answered `health`. */
  readonly ends?: boolean;
  /** Has no method other than `health`. */
  readonly onlyHealth?: boolean;
  /** Reports that its window has no page. */
  readonly ghost?: boolean;
}

/** Starts an instance that has `folder` open. @returns its calls, except `health`. */
async function startInstance(
  sandbox: Sandbox,
  folder: string,
  { claims = folder, ends, onlyHealth, ghost = false }: InstanceBehaviour = {},
): Promise<Call[]> {
  const calls: Call[] = [];
  const socketPath = await workspaceSocketPath(folder, {}, {
    os: "linux",
    uid: 0,
    env: (name) => sandbox.env[name],
    isDirectory: () => true,
    ownerOf: () => undefined,
    readTextFile: () => undefined,
  });
  await Deno.mkdir(socketPath.slice(0, socketPath.lastIndexOf("/")), { recursive: true });
  const listener = Deno.listen({ transport: "unix", path: socketPath });
  const serving = (async () => {
    for await (const conn of listener) {
      const bytes = new Uint8Array(64 * 1024);
      const { id, method, params } = JSON.parse(
        new TextDecoder().decode(bytes.subarray(0, await conn.read(bytes) ?? 0)),
      );
      if (method !== "health") calls.push({ method, params });
      const answer = method === "health"
        ? { id, result: { status: "ok", workspace: claims, ghost } }
        : onlyHealth
        ? { id, error: { code: 404, message: "unknown method" } }
        : { id, result: {} };
      if (ends) endListener(listener);
      await conn.write(new TextEncoder().encode(`${JSON.stringify(answer)}\n`));
      conn.close();
    }
  })();
  sandbox.defer(async () => {
    if (!ends) listener.close();
    await serving.catch(() => {});
  });
  return calls;
}

async function open(sandbox: Sandbox, args: string[]) {
  await Deno.mkdir(sandbox.path("work/src/deep"), { recursive: true });
  return await run(compiled, sandbox, { args: ["open", "--strict", ...args] });
}

Deno.test("the instance of the deepest folder above the path gets the editor's message", async () => {
  await using sandbox = await makeSandbox();
  const outer = await startInstance(sandbox, sandbox.path("work"));
  const inner = await startInstance(sandbox, sandbox.path("work/src"));
  const result = await open(sandbox, ["-r", "work/src/deep/f:3"]);
  assertEquals(result.code, 0, result.stderr);
  assertEquals(outer, []);
  assertEquals(inner, [{
    method: "open",
    params: {
      type: "open",
      fileURIs: [`file://${sandbox.path("work/src/deep/f")}:3`],
      folderURIs: [],
      forceNewWindow: false,
      forceReuseWindow: true,
      diffMode: false,
      mergeMode: false,
      addMode: false,
      removeMode: false,
      gotoLineMode: true,
    },
  }]);
});

Deno.test("a folder opens in its own instance", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.path("work"));
  assertEquals((await open(sandbox, ["work"])).code, 0);
  assertEquals(calls.length, 1);
});

Deno.test("an instance of another workspace at the same path is detected and skipped", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.path("work/src"), {
    claims: "/somewhere/else",
  });
  const result = await open(sandbox, ["work/src/f"]);
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "belongs to /somewhere/else");
  assertEquals(calls, []);
});

Deno.test("an instance only opens files", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.directory);
  const args = ["browse", "https://example.org"];
  const result = await run(alone(compiled), sandbox, { args });
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "only opens files");
  assertEquals(calls, []);
});

Deno.test("an instance that ends before it gets a message is an error of --to FOLDER", async () => {
  await using sandbox = await makeSandbox();
  await startInstance(sandbox, sandbox.path("work"), { ends: true });
  const result = await open(sandbox, ["--to", "./work", "work/f"]);
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "ipc-");
});

Deno.test("an instance that cannot open files is skipped in favour of an editor window", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.directory, { onlyHealth: true });
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-1.sock") });
  const result = await run(alone(compiled), sandbox, { args: ["open", "f"] });
  assertEquals(result.code, 0, result.stderr);
  assertEquals([calls.length, editor.messages.length], [1, 1]);
});

Deno.test("a request that an instance does not support goes to an editor window", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.directory);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-1.sock") });
  const args = ["browse", "https://example.org"];
  const result = await run(alone(compiled), sandbox, { args });
  assertEquals(result.code, 0, result.stderr);
  assertEquals([calls.length, editor.messages.length], [0, 1]);
});

Deno.test("an instance whose page does not answer is skipped", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.path("work"), { ghost: true });
  const result = await open(sandbox, ["work/f"]);
  assertEquals([result.code, calls], [1, []]);
  assertStringIncludes(result.stderr, "its page does not answer");
});

Deno.test("in tmux, an instance that holds the path takes precedence over the hook variable", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.path("work"));
  const hook = await startEditor(sandbox);
  const env = { TMUX: "x", VSCODE_IPC_HOOK_CLI: hook.socketPath };
  const result = await run(alone(compiled), sandbox, { args: ["open", "work/f"], env });
  assertEquals(result.code, 0, result.stderr);
  assertEquals([calls.length, hook.messages.length], [1, 0]);
});

Deno.test("code-server's registry is asked before an instance", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.path("work"));
  const editor = await startEditor(sandbox);
  const { socketPath } = startRegistry(sandbox, [editor], sandbox.path("code-server.sock"));
  const env = { CODE_SERVER_SESSION_SOCKET: socketPath };
  const result = await run(alone(compiled), sandbox, { args: ["open", "work/f"], env });
  assertEquals(result.code, 0, result.stderr);
  assertEquals([calls.length, editor.messages.length], [0, 1]);
});
