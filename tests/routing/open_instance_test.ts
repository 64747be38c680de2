/** `open` through the instance socket of a workspace (ADR-009). */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { workspaceSocketPath } from "../../src/ipc/mod.ts";
import { compiled, makeSandbox, run, type Sandbox } from "../support/mod.ts";

interface Call {
  readonly method: string;
  readonly params: unknown;
}

/** An instance that has `folder` open, or says that it has `claims`. Gives the calls but `health`. */
async function startInstance(sandbox: Sandbox, folder: string, claims = folder): Promise<Call[]> {
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
      const result = method === "health" ? { status: "ok", workspace: claims } : {};
      await conn.write(new TextEncoder().encode(`${JSON.stringify({ id, result })}\n`));
      conn.close();
    }
  })();
  sandbox.defer(async () => {
    listener.close();
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

Deno.test("a folder is found by its own instance", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.path("work"));
  assertEquals((await open(sandbox, ["work"])).code, 0);
  assertEquals(calls.length, 1);
});

Deno.test("an instance of another workspace under the same path is noticed and passed over", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.path("work/src"), "/somewhere/else");
  const result = await open(sandbox, ["work/src/f"]);
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "belongs to /somewhere/else");
  assertEquals(calls, []);
});

Deno.test("an instance only opens files", async () => {
  await using sandbox = await makeSandbox();
  const calls = await startInstance(sandbox, sandbox.directory);
  const result = await run(compiled, sandbox, { args: ["browse", "https://example.org"] });
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "only opens files");
  assertEquals(calls, []);
});
