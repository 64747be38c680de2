import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { makeSandbox } from "../support/mod.ts";
import {
  assertEchoes,
  connect,
  eventually,
  makeCertificate,
  startEchoRelay,
  startRelay,
  writePair,
} from "./support.ts";

Deno.test("a new certificate is used for new connections, and open ones go on", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox);
  using old = await connect(relay);
  const speaks = async (conn: Deno.Conn) => {
    await assertEchoes(conn);
  };
  await speaks(old);
  for (const how of ["signal", "files"]) {
    const fresh = await makeCertificate();
    const said = relay.stderr().length;
    await writePair(sandbox, fresh);
    if (how === "signal") relay.signal("SIGHUP");
    await relay.says(/certificate loaded/, said);
    // None of many concurrent clients may get the old certificate or a closing listener.
    const conns = await Promise.all(
      Array.from({ length: 20 }, () => connect({ ...relay, cert: fresh.cert })),
    );
    for (const conn of conns) {
      await speaks(conn);
      conn.close();
    }
    await speaks(old);
  }
  assert(!relay.stderr().includes("refused"), relay.stderr());
});

/** Whether a process watches files at the moment. Source: proc(5), "/proc/pid/fdinfo", inotify. */
function isWatching(pid: number): boolean {
  return [...Deno.readDirSync(`/proc/${pid}/fdinfo`)].some(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/fdinfo/${name}`).includes("inotify wd:");
    } catch {
      return false;
    }
  });
}

Deno.test({
  name: "an idle relay notices at once that its certificate was replaced",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using sandbox = await makeSandbox();
    const relay = await startEchoRelay(sandbox);
    let slow = 0;
    for (let i = 0; i < 3; i++) {
      const said = relay.stderr().length;
      await eventually("it watches the files", () => isWatching(relay.pid));
      // After a change, and in the first second of a watch, it checks the files anyway.
      await delay(2000);
      const files = await writePair(sandbox, await makeCertificate(), "new");
      const began = performance.now();
      await Deno.rename(files.key, sandbox.path("server.key"));
      await Deno.rename(files.cert, sandbox.path("server.pem"));
      await relay.says(/certificate loaded/, said);
      if (performance.now() - began > 5000) slow++;
    }
    // A relay that only checks its files every ten seconds is slow at least once.
    assertEquals(slow, 0);
  },
});

Deno.test("a relay notices that the symlinks to its certificate were replaced", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeSandbox();
  const [cert, key] = [sandbox.path("live.pem"), sandbox.path("live.key")];
  const renew = async (name: string) => {
    const files = await writePair(sandbox, await makeCertificate(), name);
    for (const [link, file] of [[key, files.key], [cert, files.cert]] as const) {
      await Deno.symlink(file, `${link}.new`);
      await Deno.rename(`${link}.new`, link);
    }
  };
  await renew("first");
  const to = sandbox.path("target.sock");
  const relay = await startRelay(sandbox, ["--to", to, "--cert", cert, "--key", key]);
  await eventually("it watches the files", () => isWatching(relay.pid));
  await renew("second");
  await relay.says(/certificate loaded from \S+live\.pem/);
});
