/** The HTTP API: code-server's three requests, our own requests, and invalid input. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeSandbox, startEditor } from "../support/mod.ts";
import { exchangeRaw, statuses } from "../support/raw_http.ts";
import { startTestRegistry } from "./http_support.ts";

Deno.test("code-server's three requests have code-server's status codes and bodies", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const { socketPath } = await startEditor(sandbox);
  const entry = { workspace: { id: "1", folders: [{ uri: { path: "/w" } }] }, socketPath };
  const none = await registry.ask("/session?filePath=/w/a.ts");
  assertEquals([none.status, none.text], [200, "{}"]);
  const added = await registry.ask("/add-session", { entry });
  assertEquals([added.status, added.text], [200, "session added"]);
  const found = await registry.ask("/session?filePath=/w/a.ts");
  assertEquals([found.status, found.text], [200, JSON.stringify({ socketPath })]);
  const deleted = await registry.ask("/delete-session", { socketPath });
  assertEquals([deleted.status, deleted.text], [200, "session deleted"]);
  // Deleting an unknown session is no error.
  assertEquals((await registry.ask("/delete-session", { socketPath })).status, 200);
  assertEquals(await registry.find("/w/a.ts"), undefined);
});

Deno.test("a Node client that sends code-server's requests is answered", {
  ignore: !await new Deno.Command("node", { args: ["--version"], stdout: "null", stderr: "null" })
    .output().then(({ success }) => success, () => false),
}, async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const { socketPath } = await startEditor(sandbox);
  const script = `
    const http = require("node:http");
    const ask = (method, path, body) => new Promise((resolve, reject) => {
      const request = http.request({ socketPath: process.argv[1], method, path,
        headers: body ? { "content-type": "application/json", accept: "application/json" } : {} },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (part) => text += part);
          answer.on("end", () => resolve([answer.statusCode, text]));
        });
      request.on("error", reject);
      // Without Content-Length, so Node sends the body chunked.
      if (body) request.write(JSON.stringify(body));
      request.end();
    });
    (async () => console.log(JSON.stringify([
      await ask("POST", "/add-session",
        { entry: { socketPath: process.argv[2], workspace: { folders: [{ uri: { path: "/w" } }] } } }),
      await ask("GET", "/session?filePath=" + encodeURIComponent("/w/ä b.ts")),
    ])))();`;
  const { stdout } = await new Deno.Command("node", {
    args: ["-e", script, registry.socketPath, socketPath],
    env: sandbox.env,
    clearEnv: true,
    stderr: "inherit",
  }).output();
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), [
    [200, "session added"],
    [200, JSON.stringify({ socketPath })],
  ]);
});

const uri = { $mid: 1, path: "/w", scheme: "file" };
const ENTRIES: Record<string, { workspace?: unknown; matches: boolean }> = {
  "no workspace": { matches: false },
  "a null workspace": { workspace: null, matches: false },
  "a workspace of null fields": { workspace: { id: null, folders: null }, matches: false },
  "folders that are null": { workspace: { folders: [null, { uri: null }] }, matches: false },
  "a path": { workspace: { folders: ["/w/"] }, matches: true },
  "a file:// URI": { workspace: { folders: ["file:///w"] }, matches: true },
  "a percent-encoded URI": { workspace: { folders: [{ uri: "file:///%77" }] }, matches: true },
  "a vscode-remote URI": { workspace: { folders: ["vscode-remote://ssh+h/w"] }, matches: true },
  "a URI object": { workspace: { folders: [{ uri, name: "w", index: 0 }] }, matches: true },
  "a remote URI object": {
    workspace: { folders: [{ uri: { ...uri, scheme: "vscode-remote", authority: "h" } }] },
    matches: true,
  },
  "a folder of another scheme": { workspace: { folders: ["vscode-vfs://h/w"] }, matches: false },
  "a broken percent encoding": { workspace: { folders: ["file:///%zz"] }, matches: false },
  "a megabyte of slashes": {
    workspace: { folders: [`/${"/".repeat(900_000)}x`, "/w"] },
    matches: true,
  },
  "many thousand folders": {
    workspace: { folders: ["/w", ...Array.from({ length: 50_000 }, (_, i) => `/w${i}/x`)] },
    matches: true,
  },
};

Deno.test("sessions are accepted in every form that editors send", async (t) => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const { socketPath } = await startEditor(sandbox);
  for (const [name, { workspace, matches }] of Object.entries(ENTRIES)) {
    await t.step(name, async () => {
      const { status, text } = await registry.ask("/add-session", {
        entry: { socketPath, workspace },
      });
      assertEquals([status, text], [200, "session added"]);
      const { json } = await registry.ask("/v1/candidates?filePath=/w/a.ts");
      const [candidate] = (json as { candidates: { folder: string | null }[] }).candidates;
      assertEquals(candidate!.folder, matches ? "/w" : null);
      // Any window is a candidate if there is no better one.
      assertEquals(await registry.find("/elsewhere"), socketPath);
    });
  }
  assertEquals((await registry.sessions()).length, 1);
});

Deno.test("unknown fields are kept; the registry's own fields cannot be set", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  await registry.ask("/add-session", {
    entry: {
      socketPath: "/tmp/a.sock",
      kind: "",
      registeredAt: 1,
      version: "1.2",
      nested: { a: [1, { b: null }] },
    },
  });
  const [session] = await registry.sessions();
  assertEquals(session!.version, "1.2");
  assertEquals(session!.nested, { a: [1, { b: null }] });
  assertEquals([session!.kind, session!.source], ["editor", "api"]);
  assert(session!.registeredAt > 1);
});

Deno.test("a limit counts only the candidates that do not hold the path", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const editors = await Promise.all(Array.from({ length: 5 }, () => startEditor(sandbox)));
  for (const [i, { socketPath }] of editors.entries()) {
    await registry.add(socketPath, ...(i < 2 ? ["/w"] : []));
  }
  const folders = async (limit: string) => {
    const { json } = await registry.ask(`/v1/candidates?filePath=/w/a.ts${limit}`);
    return (json as { candidates: { folder: string | null }[] }).candidates
      .map(({ folder }) => folder);
  };
  assertEquals(await folders("&limit=0"), ["/w", "/w"]);
  assertEquals(await folders("&limit=1"), ["/w", "/w", null]);
  assertEquals(await folders(""), ["/w", "/w", null, null, null]);
});

const deep = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels));
const REFUSED: Record<string, [string, unknown, RegExp]> = {
  "no entry": ["/add-session", {}, /^entry is required$/],
  "an array for an entry": ["/add-session", { entry: [] }, /^entry is required$/],
  "an array for a body": ["/add-session", [1], /^entry is required$/],
  "a string for a body": ["/add-session", "x", /JSON object/],
  "no socket path": ["/add-session", { entry: {} }, /^entry.socketPath is required$/],
  "a number for a socket path": ["/add-session", { entry: { socketPath: 7 } }, /a string/],
  "a relative socket path": ["/add-session", { entry: { socketPath: "a.sock" } }, /absolute/],
  "a NUL in a socket path": ["/add-session", { entry: { socketPath: "/a\0b" } }, /NUL/],
  "a socket path longer than sun_path": [
    "/add-session",
    { entry: { socketPath: `/${"x".repeat(150)}` } },
    /is 151 bytes long, (44|48) more than a Unix socket's path may have/,
  ],
  "a socket path of 10,000 characters": [
    "/add-session",
    { entry: { socketPath: `/${"x".repeat(9999)}` } },
    /10000 bytes/,
  ],
  "a socket path that is long in bytes only": [
    "/add-session",
    { entry: { socketPath: `/${"ä".repeat(60)}` } },
    /121 bytes/,
  ],
  "a relative relay socket": [
    "/add-session",
    { entry: { socketPath: "/a", relaySocket: "b" } },
    /relaySocket must be an absolute path/,
  ],
  "an entry nested a thousand deep": [
    "/add-session",
    { entry: { socketPath: "/a", workspace: deep(1000) } },
    /nested/,
  ],
  "no socket path to delete": ["/delete-session", {}, /^socketPath is required$/],
  "no file path": ["/session", undefined, /^filePath is required$/],
  "an empty file path": ["/session?filePath=", undefined, /^filePath is required$/],
  "a relative file path": ["/session?filePath=a.ts", undefined, /absolute/],
  "a NUL in a file path": ["/session?filePath=/a%00b", undefined, /NUL/],
  "a file path of 10,000 characters": [
    `/session?filePath=/${"x/".repeat(4999)}y`,
    undefined,
    /10000 characters/,
  ],
  "a candidates limit that is no number": [
    "/v1/candidates?filePath=/a&limit=x",
    undefined,
    /limit/,
  ],
  "a candidates limit below zero": ["/v1/candidates?filePath=/a&limit=-1", undefined, /limit/],
};

Deno.test("an invalid request gets a 400 with the reason, and no session is lost", async (t) => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox, { stateFile: sandbox.path("state.db") });
  const { socketPath } = await startEditor(sandbox);
  await registry.add(socketPath, "/w");
  for (const [name, [target, body, reason]] of Object.entries(REFUSED)) {
    await t.step(name, async () => {
      const { status, json } = await registry.ask(target, body);
      assertEquals(status, 400);
      assertMatch((json as { error: string }).error, reason);
    });
  }
  assertEquals((await registry.sessions()).map((session) => session.socketPath), [socketPath]);
  assertEquals(await registry.find("/w/a.ts"), socketPath);
});

Deno.test("a newline in a path is part of the path", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run", "a\nb.sock") });
  await registry.add(editor.socketPath, "/w\nx");
  await registry.add((await startEditor(sandbox)).socketPath, "/w");
  assertEquals(await registry.find("/w\nx/c.ts"), editor.socketPath);
});

Deno.test("broken JSON, unknown paths and wrong methods get their own status codes", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startTestRegistry(sandbox);
  const send = (method: string, target: string, body = "") =>
    exchangeRaw(
      sandbox,
      socketPath,
      `${method} ${target} HTTP/1.1\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  for (const body of ['{"entry":', "\xff\xfe", "nonsense"]) {
    const answer = await send("POST", "/add-session", body);
    assertEquals(statuses(answer), [400]);
  }
  assertEquals(statuses(await send("GET", "/nowhere")), [404]);
  assertEquals(statuses(await send("GET", "/constructor")), [404]);
  const wrong = await send("GET", "/add-session");
  assertEquals(statuses(wrong), [405]);
  assertStringIncludes(wrong, "\r\nAllow: POST\r\n");
  for (const method of ["constructor", "toString", "__proto__"]) {
    assertEquals(statuses(await send(method, "/session")), [405]);
  }
  const wrongToo = await send("DELETE", "/session");
  assertEquals(statuses(wrongToo), [405]);
  assertStringIncludes(wrongToo, "\r\nAllow: GET, HEAD\r\n");
});

Deno.test("a body over 1 MiB gets a 413, declared or chunked; a body of exactly 1 MiB is read", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const post = "POST /add-session HTTP/1.1\r\n";
  const MIB = 1024 * 1024;
  const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
  for (
    const request of [
      `${post}Content-Length: ${MIB + 1}\r\n\r\n`,
      `${post}Content-Length: ${MIB + 1}\r\n\r\n${"x".repeat(MIB + 1)}`,
      `${post}Content-Length: 999999999999999\r\n\r\n`,
      `${post}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(16)}1\r\nx\r\n0\r\n\r\n`,
      `${post}Transfer-Encoding: chunked\r\n\r\nffffffff\r\n`,
    ]
  ) {
    assertEquals(statuses(await exchangeRaw(sandbox, registry.socketPath, request)), [413]);
  }
  const head = '{"entry":{"socketPath":"/tmp/a.sock","filler":"';
  const body = `${head}${"x".repeat(MIB - head.length - 3)}"}}`;
  const largest = `${post}Connection: close\r\nContent-Length: ${MIB}\r\n\r\n${body}`;
  assertEquals(statuses(await exchangeRaw(sandbox, registry.socketPath, largest)), [200]);
  assertEquals(registry.registry.size, 1);
});

Deno.test("/healthz reports status, process, version, sessions and last heartbeat", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox, { version: "9.9.9" });
  await registry.add("/tmp/a.sock");
  const before = Date.now();
  const { json, status } = await registry.ask("/healthz");
  const health = json as Record<string, unknown>;
  assertEquals(status, 200);
  assertEquals(health.status, "alive");
  assertEquals(health.pid, Deno.pid);
  assertEquals(health.version, "9.9.9");
  assertEquals(health.sessions, 1);
  assertEquals(health.stateFile, null);
  assert(Math.abs(Number(health.lastHeartbeat) - before) < 10_000);
  const head = await exchangeRaw(
    sandbox,
    registry.socketPath,
    "HEAD /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
  );
  assertMatch(head, /^HTTP\/1\.1 200 OK\r\n[^{]*Content-Length: [0-9]+\r\n\r\n$/);
});
