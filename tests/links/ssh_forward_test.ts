import { assert, assertEquals } from "@std/assert";
import { sshForward } from "../../src/links/mod.ts";
import { makeSandbox, writeExecutables } from "../support/mod.ts";

Deno.test("an ssh that does not print its settings in time gets no link, without delaying the connection", async () => {
  await using sandbox = await makeSandbox();
  const ssh = sandbox.path("ssh");
  await writeExecutables({ [ssh]: "#!/bin/sh\nexec sleep 60\n" });
  const started = performance.now();
  const forward = await sshForward(ssh, ["hostb"], { socketPath: "/run/link.sock" }, 200);
  assertEquals(forward, { without: "this ssh does not print its settings (ssh -G)" });
  assert(performance.now() - started < 20_000);
});
