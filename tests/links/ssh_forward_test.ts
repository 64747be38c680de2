import { assertEquals } from "@std/assert";
import { sshForward } from "../../src/links/mod.ts";
import { makeSandbox, until, writeExecutables } from "../support/mod.ts";

const noLink = () => Promise.reject(new Error("no link is needed"));

Deno.test("an ssh that does not print its settings in time is killed, and there is no link", async () => {
  await using sandbox = await makeSandbox();
  const ssh = sandbox.path("ssh");
  const pid = sandbox.path("pid");
  await writeExecutables({ [ssh]: `#!/bin/sh\necho $$ >${pid}\nexec sleep 600\n` });
  const forward = await sshForward(ssh, ["hostb"], noLink, 3000);
  assertEquals(forward, { without: "ssh -G did not print its settings within 3000 ms" });
  const running = () => {
    const { success } = new Deno.Command("kill", {
      args: ["-0", Deno.readTextFileSync(pid).trim()],
      stderr: "null",
    }).outputSync();
    return success;
  };
  await until("it has ended", () => !running());
});

Deno.test("an ssh without -G gets no link", async () => {
  await using sandbox = await makeSandbox();
  const ssh = sandbox.path("ssh");
  await writeExecutables({ [ssh]: "#!/bin/sh\nexit 255\n" });
  const forward = await sshForward(ssh, ["hostb"], noLink);
  assertEquals(forward, { without: "this ssh does not print its settings (ssh -G)" });
});
