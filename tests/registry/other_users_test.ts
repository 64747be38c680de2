/** Files that another user places where a registry or its clients look. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { compiled, limited, makeSandbox, run } from "../support/mod.ts";
import { asRoot, asUser, lookup, startServer, until, unusedUid } from "./serve_support.ts";

Deno.test({
  ...asRoot,
  name: "a FIFO that another user placed at the path of a lock blocks nobody",
  async fn() {
    await using sandbox = await makeSandbox();
    const uid = unusedUid();
    const program = limited(await asUser(sandbox, uid));
    const theirs = `/tmp/sessionctl-${uid}`;
    await Deno.mkdir(theirs);
    sandbox.defer(() => Deno.remove(theirs, { recursive: true }));
    for (const name of ["registry.sock.lock", "registry.sock.supervisor.lock"]) {
      await new Deno.Command("mkfifo", { args: ["-m", "666", `${theirs}/${name}`] }).output();
    }
    const codes = await Promise.all(
      [["list"], ["find", "/"], ["status"], ["stop"], ["open", "/"]].map(async (args) =>
        (await run(program, sandbox, { args })).code
      ),
    );
    assertEquals(codes, [3, 3, 3, 0, 1]);
  },
});

Deno.test({
  ...asRoot,
  name: "an upstream of another user is not asked",
  async fn() {
    await using sandbox = await makeSandbox();
    const theirs = sandbox.path("theirs.sock");
    let asked = 0;
    const upstream = Deno.serve({ path: theirs, onListen: () => {} }, () => {
      asked++;
      return Response.json({});
    });
    sandbox.defer(() => upstream.shutdown());
    await Deno.chown(theirs, 12345, 12345);
    const server = await startServer(sandbox, { state: null, args: ["--upstream", theirs] });
    assertEquals(await lookup(server.socket, "/work/secret.ts"), undefined);
    await until("it is reported", () => server.said().includes("belongs to another user"));
    assertEquals(asked, 0);
  },
});

Deno.test("a state file in a directory that others may write to is neither created nor read", async () => {
  await using sandbox = await makeSandbox();
  const shared = sandbox.path("shared");
  await Deno.mkdir(shared);
  await Deno.chmod(shared, 0o1777);
  const state = `${shared}/state.db`;
  const serve = () => run(limited(compiled), sandbox, { args: ["serve", "--state", state] });
  for (const made of [false, true]) {
    if (made) await Deno.writeTextFile(state, "");
    const { code, stderr } = await serve();
    assertEquals(code, 1);
    assertStringIncludes(stderr, `cannot use the state file ${state}: ${shared} is open to others`);
    assertEquals([...Deno.readDirSync(shared)].length, made ? 1 : 0);
  }
});

Deno.test({
  ...asRoot,
  name: "stop refuses a socket of another user and names the owner",
  async fn() {
    await using sandbox = await makeSandbox();
    const server = await startServer(sandbox, { state: null });
    await Deno.chown(server.socket, 12345, 12345);
    const { code, stderr } = await run(compiled, sandbox, { args: ["stop"] });
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, `${server.socket} belongs to another user`);
    await Deno.chown(server.socket, 0, 0);
    assertEquals(await server.stop(), 0);
  },
});
