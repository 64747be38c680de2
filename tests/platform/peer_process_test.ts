import { assertEquals, assertRejects } from "@std/assert";
import { listenerPid } from "../../src/platform/ffi/peer_process.ts";
import { makeSandbox, type Sandbox, spawn, until } from "../support/mod.ts";

const LISTEN = `Deno.listen({ transport: "unix", path: Deno.args[0] }); console.log("listens");
  setInterval(() => {}, 1000);`;

async function listenAt(sandbox: Sandbox, path: string): Promise<number> {
  const listener = spawn(sandbox, Deno.execPath(), ["eval", "--quiet", LISTEN, path]);
  await until("it listens", () => listener.lines.includes("listens"), 20_000);
  return listener.child.pid;
}

const ignore = Deno.build.os === "windows";

// Libraries stay loaded; loading it here keeps the leak check of every test quiet.
if (!ignore) {
  await using sandbox = await makeSandbox();
  using _listener = Deno.listen({ transport: "unix", path: sandbox.path("own.sock") });
  await listenerPid(sandbox.path("own.sock"));
}

Deno.test("the listening process of each socket is found, with many lookups at once", {
  ignore,
}, async () => {
  await using sandbox = await makeSandbox();
  const paths = [sandbox.path("run/a.sock"), sandbox.path("run/b.sock")];
  const pids = await Promise.all(paths.map((path) => listenAt(sandbox, path)));
  for (let round = 0; round < 50; round++) {
    const several = [...paths, ...paths.toReversed()];
    const found = await Promise.all(several.map(listenerPid));
    assertEquals(found, [...pids, ...pids.toReversed()]);
  }
});

Deno.test(
  "the listening process is found while another connection is made at the same time",
  { ignore },
  async () => {
    await using sandbox = await makeSandbox();
    const [asked, other] = [sandbox.path("run/a.sock"), sandbox.path("run/b.sock")];
    const pid = await listenAt(sandbox, asked);
    await listenAt(sandbox, other);
    // A file opened later gets the lower number, which is free by then.
    const lower = await Deno.open(Deno.execPath());
    const found = listenerPid(asked);
    lower.close();
    const later = await Deno.connect({ transport: "unix", path: other });
    assertEquals(await found, pid);
    later.close();
  },
);

Deno.test(
  "asking who listens fails as a connection does where nobody does",
  { ignore },
  async () => {
    await using sandbox = await makeSandbox();
    await assertRejects(() => listenerPid(sandbox.path("run/none.sock")), Deno.errors.NotFound);
    const left = sandbox.path("run/left.sock");
    const leave = `Deno.listen({ transport: "unix", path: Deno.args[0] }); Deno.exit();`;
    const args = ["eval", "--quiet", leave, left];
    assertEquals((await new Deno.Command(Deno.execPath(), { args }).output()).code, 0);
    await assertRejects(() => listenerPid(left), Deno.errors.ConnectionRefused);
    await assertRejects(() => listenerPid(sandbox.path("x".repeat(200))), Error);
  },
);

Deno.test("a listener with a full queue does not block the lookup", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("run/full.sock");
  // Perl's listener has a queue of one, the runtime's has one of thousands.
  const listen = `IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die;
    $| = 1; print "listens\\n"; sleep 60;`;
  const deaf = spawn(sandbox, "perl", ["-MIO::Socket::UNIX", "-e", `my $held = ${listen}`, path]);
  await until("it listens", () => deaf.lines.includes("listens"), 20_000);
  const waiting: Deno.Conn[] = [];
  try {
    await assertRejects(async () => {
      for (;;) waiting.push(await Deno.connect({ transport: "unix", path }));
    });
    await assertRejects(() => listenerPid(path), Deno.errors.WouldBlock);
  } finally {
    for (const conn of waiting) conn.close();
  }
});
