import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  compiled,
  type FakeEditor,
  makeSandbox,
  run,
  type Sandbox,
  startEditor,
  testProgram,
} from "../support/mod.ts";
import {
  healthOf,
  register,
  type Server,
  sessionsOf,
  startServer,
} from "../registry/serve_support.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const call = (sandbox: Sandbox, ...args: string[]) => run(shared, sandbox, { args });

/** Starts a server with a live session for /work/live and a dead one for /work/dead. */
async function startScene(
  sandbox: Sandbox,
): Promise<{ server: Server; live: FakeEditor; dead: string }> {
  const server = await startServer(sandbox);
  const live = await startEditor(sandbox, { socketPath: sandbox.path("live-window.sock") });
  const dead = sandbox.path("dead-window.sock");
  await register(server.socket, live.socketPath, "/work/live");
  await register(server.socket, dead, "/work/dead");
  return { server, live, dead };
}

testProgram(
  "list prints a table, most recent first, with dead sessions marked",
  async (program) => {
    await using sandbox = await makeSandbox();
    const { live, dead } = await startScene(sandbox);
    const { code, stdout, stderr } = await run(program, sandbox, { args: ["list"] });
    assertEquals([code, stderr], [0, ""]);
    const rows = stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
    assertEquals(rows.map((row) => row.toSpliced(2, 1)), [
      ["STATE", "KIND", "PID", "FOLDER", "SOCKET"],
      ["dead", "editor", "/work/dead", dead],
      ["live", "editor", String(Deno.pid), "/work/live", live.socketPath],
    ]);
  },
  { source: shared },
);

Deno.test("list --json prints one array with each session's liveness", async () => {
  await using sandbox = await makeSandbox();
  const { live, dead } = await startScene(sandbox);
  live.behaviour = "hang";
  const { code, stdout } = await call(sandbox, "list", "--json");
  assertEquals(code, 0);
  const sessions = JSON.parse(stdout) as { socketPath: string; liveness: string }[];
  assertEquals(sessions.map(({ socketPath, liveness }) => [socketPath, liveness]), [
    [dead, "dead"],
    [live.socketPath, "unresponsive"],
  ]);
});

Deno.test("list without sessions prints a note on stderr, but not with --quiet", async () => {
  await using sandbox = await makeSandbox();
  await startServer(sandbox);
  const result = await call(sandbox, "list");
  assertEquals([result.code, result.stdout], [0, ""]);
  assertEquals(result.stderr, "sessionctl: no sessions are registered\n");
  const quiet = await call(sandbox, "list", "--quiet");
  assertEquals([quiet.code, quiet.stdout, quiet.stderr], [0, "", ""]);
  assertEquals((await call(sandbox, "list", "--json")).stdout, "[]\n");
});

Deno.test("control characters and newlines in a folder's name are escaped, on one line", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  await register(server.socket, "/nowhere/a.sock", "/work/two\nlines", "/work/\x1b[31mred\x9b\x7f");
  const { stdout } = await call(sandbox, "list");
  assertEquals(stdout.trimEnd().split("\n").length, 2);
  assertStringIncludes(stdout, "/work/two\\nlines, /work/\\u001b[31mred\\u009b\\u007f");
  const { stdout: json } = await call(sandbox, "list", "--json");
  assertEquals(JSON.parse(json)[0].workspace.folders[0], "/work/two\nlines");
  const missing = await call(sandbox, "find", "--strict", "/work/no\nwhere");
  assertStringIncludes(missing.stderr, "/work/no\\nwhere");
});

Deno.test({
  name: "list colours the table on a terminal, but not with NO_COLOR",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    await startScene(sandbox);
    const onTerminal = async (env: Record<string, string>) => {
      const child = new Deno.Command("script", {
        args: ["-qec", `${compiled.command} list`, "/dev/null"],
        env: { ...sandbox.env, SHELL: "/bin/sh", TERM: "xterm", ...env },
        clearEnv: true,
        stdin: "null",
      });
      return new TextDecoder().decode((await child.output()).stdout);
    };
    assertStringIncludes(await onTerminal({ NO_COLOR: "" }), "\x1b[31mdead");
    assert(!(await onTerminal({ NO_COLOR: "1" })).includes("\x1b["));
    assert(!(await onTerminal({ NO_COLOR: "", TERM: "dumb" })).includes("\x1b["));
  },
});

testProgram(
  "find prints the editor socket for a path, and exits 1 if there is none",
  async (program) => {
    await using sandbox = await makeSandbox();
    const { live } = await startScene(sandbox);
    const find = (...args: string[]) => run(program, sandbox, { args: ["find", ...args] });
    const found = await find("/work/live/a.ts:12:3");
    assertEquals([found.code, found.stdout, found.stderr], [0, `${live.socketPath}\n`, ""]);
    assertEquals((await find("/elsewhere")).stdout, `${live.socketPath}\n`);
    const strict = await find("--strict", "/elsewhere");
    assertEquals([strict.code, strict.stdout], [1, ""]);
    assertStringIncludes(
      strict.stderr,
      "no live editor window for /elsewhere\n  see what there is",
    );
  },
  { source: shared },
);

Deno.test("find --all ranks every candidate, and --json names the folder that holds the path", async () => {
  await using sandbox = await makeSandbox();
  const { server, live } = await startScene(sandbox);
  const root = await startEditor(sandbox);
  await register(server.socket, root.socketPath, "/work");
  const all = await call(sandbox, "find", "--all", "/work/live/a.ts");
  assertEquals(all.stdout.trimEnd().split("\n"), [live.socketPath, root.socketPath]);
  const json = JSON.parse(
    (await call(sandbox, "find", "--all", "--json", "/work/live/a.ts")).stdout,
  );
  assertEquals(
    json.map(({ folder, liveness }: { folder: string; liveness: string }) => [folder, liveness]),
    [["/work/live", "live"], ["/work", "live"]],
  );
  const best = JSON.parse((await call(sandbox, "find", "--json", "/work/live/a.ts")).stdout);
  assertEquals(best.session.socketPath, live.socketPath);
});

testProgram("add registers a window with its folders, kind and relay socket", async (program) => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  const args = ["add", "e.sock", "one", "/two", "--kind", "nvim", "--relay-socket", "relay.sock"];
  for (const name of ["e.sock", "f.sock"]) {
    await startEditor(sandbox, { socketPath: sandbox.path(name) });
  }
  await Deno.mkdir(sandbox.path("one"));
  const result = await run(program, sandbox, { args });
  assertEquals([result.code, result.stdout], [0, ""]);
  assertEquals(
    result.stderr,
    `sessionctl: added ${sandbox.path("e.sock")}; there is no folder /two\n`,
  );
  const [session] = await sessionsOf(server.socket);
  assertEquals(session!.socketPath, sandbox.path("e.sock"));
  assertEquals([session!.kind, session!.relaySocket], ["nvim", sandbox.path("relay.sock")]);
  const list = await call(sandbox, "list");
  assertStringIncludes(list.stdout, `${sandbox.path("one")}, /two`);
  const json = await call(sandbox, "add", "--json", "f.sock");
  assertEquals(JSON.parse(json.stdout), { added: sandbox.path("f.sock") });
  assertStringIncludes((await call(sandbox, "list")).stdout, "(no folder)");
}, { source: shared });

Deno.test("operands stay strings: 007, and -x after --", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  await startEditor(sandbox, { socketPath: sandbox.path("-x") });
  assertEquals((await call(sandbox, "add", "--", "-x", "007", "1e3")).code, 0);
  const [session] = await sessionsOf(server.socket);
  assertEquals(session!.socketPath, sandbox.path("-x"));
  assertStringIncludes(
    (await call(sandbox, "list")).stdout,
    `${sandbox.path("007")}, ${sandbox.path("1e3")}`,
  );
  assertEquals((await call(sandbox, "remove", "--", "-x")).code, 0);
  assertEquals(await sessionsOf(server.socket), []);
});

testProgram("remove accepts a socket or a unique part of it", async (program) => {
  await using sandbox = await makeSandbox();
  const { server, live, dead } = await startScene(sandbox);
  const remove = (...args: string[]) => run(program, sandbox, { args: ["remove", ...args] });
  const ambiguous = await remove("window");
  assertEquals([ambiguous.code, ambiguous.stdout], [1, ""]);
  assertStringIncludes(
    ambiguous.stderr,
    `"window" is part of 2 sessions: ${dead}, ${live.socketPath}`,
  );
  const none = await remove("nothing-like-it");
  assertEquals(none.code, 1);
  assertStringIncludes(none.stderr, `no session's socket contains "nothing-like-it"`);
  assertEquals((await remove("dead-w")).stderr, `sessionctl: removed ${dead}\n`);
  assertEquals(JSON.parse((await remove(live.socketPath, "--json")).stdout), {
    removed: live.socketPath,
  });
  assertEquals(await sessionsOf(server.socket), []);
}, { source: shared });

Deno.test("a whole socket takes precedence over a part of another", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  await register(server.socket, "/nowhere/a.sock");
  await register(server.socket, "/nowhere/a.sock.more");
  assertEquals((await call(sandbox, "remove", "/nowhere/a.sock")).code, 0);
  const left = (await sessionsOf(server.socket)).map(({ socketPath }) => socketPath);
  assertEquals(left, ["/nowhere/a.sock.more"]);
});

testProgram(
  "status shows socket, pid, version, sessions, state file and log file",
  async (program) => {
    await using sandbox = await makeSandbox();
    const { server } = await startScene(sandbox);
    const { pid, version } = await healthOf(server.socket);
    const text = await run(program, sandbox, { args: ["status"] });
    assertEquals([text.code, text.stderr], [0, ""]);
    const rows = Object.fromEntries(
      text.stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/) as [string, string]),
    );
    assertEquals(rows, {
      "socket": server.socket,
      "status": "alive",
      "pid": String(pid),
      version,
      "up for": rows["up for"]!,
      "sessions": "2",
      "hub": sandbox.path("run/sessionctl/hub.sock"),
      "state file": sandbox.path("state.db"),
      "log file": "none",
    });
    const json = JSON.parse((await run(program, sandbox, { args: ["status", "--json"] })).stdout);
    assertEquals([json.socketPath, json.pid, json.stateFile], [
      server.socket,
      pid,
      sandbox.path("state.db"),
    ]);
  },
  { source: shared },
);

for (const args of [["list"], ["find", "x"], ["add", "x"], ["remove", "x"], ["status"]]) {
  Deno.test(`${args[0]} exits 3 without a registry, and lists what was tried`, async () => {
    await using sandbox = await makeSandbox();
    await startEditor(sandbox, { socketPath: sandbox.path("x") });
    const text = await call(sandbox, ...args, "--quiet");
    assertEquals([text.code, text.stdout], [3, ""]);
    assertStringIncludes(text.stderr, sandbox.path("run/sessionctl/registry.sock"));
    assertStringIncludes(text.stderr, "start one with: sessionctl serve --detach\n");
    const none = sandbox.path("none.sock");
    const json = await call(sandbox, ...args, "--json", "--socket", none);
    assertEquals([json.code, json.stdout], [3, ""]);
    const { code, hint } = JSON.parse(json.stderr).error;
    assertEquals(
      [code, hint],
      ["REGISTRY_UNREACHABLE", `start one with: sessionctl serve --detach --socket ${none}`],
    );
  });
}

Deno.test("--socket with a file or an editor's socket is reported as such", async () => {
  await using sandbox = await makeSandbox();
  const file = sandbox.path("file");
  await Deno.writeTextFile(file, "");
  const none = await call(sandbox, "list", "--socket", file);
  assertEquals(none.code, 3);
  assertStringIncludes(none.stderr, `${file}: it is not a socket\n  choose another --socket\n`);
  const editor = sandbox.path("editor.sock");
  const server = Deno.serve(
    { path: editor, onListen: () => {} },
    () => new Response(null, { status: 404 }),
  );
  sandbox.defer(() => server.shutdown());
  const wrong = await call(sandbox, "list", "--socket", editor);
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.stderr, "answered 404: check that this is a registry's socket");
});

Deno.test("a registry that does not answer in time causes exit code 4", async () => {
  await using sandbox = await makeSandbox();
  const hung = await startEditor(sandbox, { socketPath: sandbox.path("hung.sock") });
  hung.behaviour = "hang";
  // Commands that make the registry probe editors first do not wait longer.
  for (const args of [["status"], ["list"], ["prune"]]) {
    const result = await call(sandbox, ...args, "--socket", hung.socketPath);
    assertEquals([result.code, result.stdout], [4, ""]);
    assertStringIncludes(result.stderr, `${hung.socketPath}: no answer within 2000 ms`);
  }
});

testProgram("path prints a workspace's instance socket, with links resolved", async (program) => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("real"));
  await Deno.symlink(sandbox.path("real"), sandbox.path("link"));
  const path = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(program, sandbox, { args: ["path", ...args] });
    assertEquals([code, stderr], [0, ""]);
    return stdout.trimEnd();
  };
  const real = await path("real");
  assertMatch(real, /\/home\/\.local\/share\/sessionctl\/ipc-[0-9a-f]{16}\.sock$/);
  assertEquals(await path("link/"), real);
  // A folder that does not exist yet, below a link.
  assertEquals(await path("link/new/one"), await path("real/new/one"));
  assertMatch(await path("--app", "mine", "real"), /\/share\/mine\/ipc-[0-9a-f]{16}\.sock$/);
  assertMatch(await path("--scheme", "vscode-mcp", "real"), /\/vscode-mcp-[0-9a-f]{8}\.sock$/);
  const [, hash] = /ipc-([0-9a-f]+)/.exec(real)!;
  assertEquals(await path("--platform", "windows", "real"), `\\\\.\\pipe\\sessionctl-${hash}`);
  assertEquals(JSON.parse(await path("--json", "link")), {
    workspace: sandbox.path("real"),
    socketPath: real,
  });
}, { source: shared });

Deno.test("add rejects a dead window, and names the wrong operand", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("e.sock") });
  const gone = await startEditor(sandbox, { socketPath: sandbox.path("gone.sock") });
  await gone.die();
  await Deno.writeTextFile(sandbox.path("file"), "");
  for (
    const [operands, code, said] of [
      [["home", "e.sock"], 2, `${sandbox.path("home")} is not a socket, but a FOLDER is`],
      [["file", "home"], 2, `SOCKET is not a socket: ${sandbox.path("file")}`],
      [["e.sock", "file"], 2, `FOLDER is a file: ${sandbox.path("file")}\n  did you mean`],
      [["e.sock", "home", "e.sock"], 2, `FOLDER is a socket: ${sandbox.path("e.sock")}`],
      [["gone.sock", "home"], 1, `no process listens on ${sandbox.path("gone.sock")}`],
      [["never.sock", "home"], 1, `no process listens on ${sandbox.path("never.sock")}`],
    ] as const
  ) {
    const result = await call(sandbox, "add", ...operands, "--socket", socket);
    assertEquals([result.code, result.stdout], [code, ""], result.stderr);
    assertStringIncludes(result.stderr, said);
  }
  assertEquals(await sessionsOf(socket), []);
  editor.behaviour = "hang";
  const hanging = await call(sandbox, "add", "e.sock", "none", "--socket", socket);
  assertEquals(
    hanging.stderr,
    `sessionctl: added ${editor.socketPath}; there is no folder ${sandbox.path("none")}; ` +
      "the window does not answer at the moment\n",
  );
  assertEquals((await sessionsOf(socket)).length, 1);
});
