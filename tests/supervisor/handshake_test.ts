import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { basename } from "@std/path";
import { HandshakeSocket } from "../../src/supervisor/handshake_socket.ts";
import { childContext } from "../../src/supervisor/protocol.ts";
import { parentSocket } from "../../src/supervisor/role.ts";
import { connectChannels } from "../../src/ipc/mod.ts";
import { endListener, makeSandbox, run, testProgram, until } from "../support/mod.ts";
import { assertGoneInTime, childProgram, PATIENCE_MS, startParent } from "./support.ts";

Deno.test("a child that does not ask for the handshake in time is killed", async () => {
  await using sandbox = await makeSandbox();
  const program = { command: "/bin/sh", args: ["-c", "sleep 600 & echo $!; exec sleep 600"] };
  const parent = startParent(sandbox, { self: [] }, { program, handshakeMs: 300 });
  const [, pid] = await parent.writes(/^([0-9]+)$/);
  const { exit } = await parent.says("ended");
  assertEquals(exit.error, "a child process did not request the handshake within 300 ms");
  assertEquals((await parent.ended).code, 1);
  // The processes that it started belong to it.
  await assertGoneInTime([Number(pid)]);
  assertEquals([...Deno.readDirSync(sandbox.path("run/sessionctl"))], []);
});

Deno.test("a child waits for its parent's answer only up to its limit", async () => {
  await using sandbox = await makeSandbox();
  // The child is accepted, but never answered.
  const path = sandbox.path("run/silent.sock");
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  const env = { SESSIONCTL_PARENT_PID: String(Deno.pid), SESSIONCTL_PARENT_SOCKET: path };
  const program = { name: "source", ...childProgram } as const;
  const { code, stderr } = await run(program, sandbox, { args: ["1", "200"], env });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "no answer to handshake in time");
});

Deno.test("the next parent removes the sockets of parents that were killed, and leaves those of others", async () => {
  await using sandbox = await makeSandbox();
  const directory = sandbox.path("run/sessionctl");
  Deno.mkdirSync(directory, { mode: 0o700 });
  const listen = (name: string) => {
    const bound = sandbox.path(`run/${name}`);
    const listener = Deno.listen({ transport: "unix", path: bound });
    Deno.renameSync(bound, `${directory}/child-${name}.sock`);
    return listener;
  };
  const live = listen("11");
  sandbox.defer(() => live.close());
  endListener(listen("22"));
  const socket = new HandshakeSocket(() => {}, [directory]);
  sandbox.defer(() => socket.close());
  const names = () => [...Deno.readDirSync(directory)].map(({ name }) => name);
  await until("the dead one's end", () => !names().includes("child-22.sock"));
  assertEquals(names().toSorted(), ["child-11.sock", basename(socket.path)].toSorted());
});

Deno.test("the variable is used only with the real parent's pid", () => {
  const env = (entries: Record<string, string>) => ({ get: (name: string) => entries[name] });
  const both = { SESSIONCTL_PARENT_PID: "42", SESSIONCTL_PARENT_SOCKET: "/s" };
  assertEquals(parentSocket(env(both), 42), "/s");
  assertEquals(parentSocket(env(both), 43), undefined);
  assertEquals(parentSocket(env({ SESSIONCTL_PARENT_PID: "42" }), 42), undefined);
  assertEquals(parentSocket(env({ ...both, SESSIONCTL_PARENT_PID: " 42" }), 42), undefined);
  assertEquals(parentSocket(env({}), 42), undefined);
});

testProgram("a forged SESSIONCTL_PARENT_PID proves nothing", async (program) => {
  await using sandbox = await makeSandbox();
  const env = {
    SESSIONCTL_PARENT_PID: "1",
    SESSIONCTL_PARENT_SOCKET: sandbox.path("run/none.sock"),
  };
  for (const args of [["guard"], ["serve", "--supervised"], ["relay", "worker"]]) {
    const { code, stderr } = await run(program, sandbox, { args, env });
    assertEquals(code, 1, args.join(" "));
    assertStringIncludes(stderr, "only sessionctl itself starts this command");
    // Even with the real parent's pid, the parent's socket has to exist.
    const forged = { ...env, SESSIONCTL_PARENT_PID: String(Deno.pid) };
    const second = await run(program, sandbox, { args, env: forged });
    assertEquals(second.code, 1);
    assertStringIncludes(second.stderr, "the parent process has ended");
  }
  // An ordinary command ignores the variables.
  const { code, stdout } = await run(program, sandbox, { args: ["--version"], env });
  assertEquals(code, 0);
  assertMatch(stdout, /^sessionctl [0-9.]+\n$/);
});

Deno.test("only the child may connect: its socket is private, and strangers are disconnected", async () => {
  await using sandbox = await makeSandbox();
  const directory = sandbox.path("run/private");
  const met = Promise.withResolvers<string>();
  const socket = new HandshakeSocket((peer) => {
    met.resolve("the child");
    peer.ended.then(() => peer.dispose());
  }, [directory]);
  const mode = (path: string) => Deno.statSync(path).mode! & 0o777;
  assertEquals([mode(socket.path), mode(directory)], [0o600, 0o700]);
  const before = await connectChannels(socket.path, childContext(4242));
  await before.ended;
  socket.expect(4242);
  const stranger = await connectChannels(socket.path, childContext(4243));
  await stranger.ended;
  const silent = await Deno.connect({ transport: "unix", path: socket.path });
  const noisy = await Deno.connect({ transport: "unix", path: socket.path });
  await noisy.write(crypto.getRandomValues(new Uint8Array(4096)));
  const child = await connectChannels(socket.path, childContext(4242));
  assertEquals(await met.promise, "the child");
  // The socket has served its purpose: its file is removed, and other clients are disconnected.
  assertEquals(await Deno.lstat(socket.path).then(() => true, () => false), false);
  assertEquals(await silent.read(new Uint8Array(1)).catch(() => null), null);
  for (const conn of [silent, noisy]) conn.close();
  child.dispose();
  await child.ended;
  socket.close();
});

const protect = ["begin upload", "ready", "exit 5", "wait 150", "finish", "forever"];

for (
  const [decision, code, name] of [
    [undefined, 5, "exits when its work is done by default"],
    ["now", 5, "exits immediately when the parent allows it"],
  ] as const
) {
  Deno.test(`a child that wants to exit with work unfinished ${name}`, async () => {
    await using sandbox = await makeSandbox();
    const parent = startParent(sandbox, { self: [] }, {
      program: childProgram,
      launches: [protect],
      restart: "never",
      decision,
    });
    const asked = await parent.says("exit-requested");
    assertEquals([asked.code, asked.unfinished], [5, ["upload"]]);
    assertEquals(asked.decision, decision ?? "when-done");
    assertEquals((await parent.ended).code, code, parent.errors());
    assert(parent.lines().includes("went on after exit"));
  });
}

Deno.test("a child that must stay keeps running after it asked to exit", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(sandbox, { self: [] }, {
    program: childProgram,
    launches: [["begin upload", "ready", "exit 5", "wait 50", "finish", "exit 6"]],
    restart: "never",
    decision: "stay",
  });
  assertEquals((await parent.ended).code, 6, parent.errors());
});

Deno.test("a child that reports why it cannot start is not restarted", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(sandbox, { self: [] }, {
    program: childProgram,
    launches: [["fail because", "exit 9"]],
    restart: "always",
  });
  const { exit } = await parent.says("ended");
  assertEquals([exit.code, exit.error], [9, "because"]);
  await parent.ended;
  const died = startParent(sandbox, { self: [] }, {
    program: childProgram,
    launches: [["exit 9"]],
    restart: "always",
  });
  assertEquals(
    (await died.says("ended")).exit.error,
    "the child ended with code 9 before it was ready",
  );
  await died.ended;
});

Deno.test("a child with two tasks in progress does not exit when one of them ends", async () => {
  await using sandbox = await makeSandbox();
  const steps = ["begin a", "begin b", "ready", "exit 3", "wait 200", "finish", "say still-here"];
  const parent = startParent(sandbox, { self: [] }, {
    program: childProgram,
    launches: [[...steps, "finish", "forever"]],
    restart: "never",
  });
  assertEquals((await parent.ended).code, 3, parent.errors());
  assert(parent.lines().includes("still-here"), parent.errors());
});

Deno.test("only a few silent strangers may stay connected; further ones are disconnected", async () => {
  await using sandbox = await makeSandbox();
  const socket = new HandshakeSocket(() => {}, [sandbox.path("run/private")]);
  const connect = () => Deno.connect({ transport: "unix", path: socket.path });
  const kept = [];
  for (let i = 0; i < 8; i++) kept.push(await connect());
  const ninth = await connect();
  const timer = setTimeout(() => ninth.close(), PATIENCE_MS);
  assertEquals(await ninth.read(new Uint8Array(1)), null);
  clearTimeout(timer);
  ninth.close();
  socket.close();
  for (const conn of kept) {
    assertEquals(await conn.read(new Uint8Array(1)).catch(() => null), null);
    conn.close();
  }
});
