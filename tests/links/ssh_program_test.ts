/** How `sessionctl ssh` runs the program ssh, which is a script here. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runSsh } from "../../src/links/mod.ts";
import { backgroundOf } from "../background/support.ts";
import { compiled, makeSandbox, run, type Sandbox, writeExecutables } from "../support/mod.ts";

async function withSsh(sandbox: Sandbox, script: string) {
  const bin = sandbox.path("bin");
  await Deno.mkdir(bin, { recursive: true });
  await writeExecutables({ [`${bin}/ssh`]: script });
  return { PATH: `${bin}:${sandbox.env.PATH}` };
}

const registryFolder = (sandbox: Sandbox) => sandbox.path("run", "sessionctl");

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

Deno.test("ssh gets the default reaction to a broken pipe", async () => {
  await using sandbox = await makeSandbox();
  const env = await withSsh(sandbox, "#!/bin/sh\nexec grep SigIgn /proc/self/status\n");
  const { stdout } = await run(compiled, sandbox, { args: ["ssh", "-q", "hostb", "-V"], env });
  const ignored = parseInt(stdout.split("\t")[1]!, 16);
  assertEquals(ignored & (1 << 12), 0);
});

for (const option of ["-G", "-V", "-Ocheck", "-Qkey", "-Wlocalhost:1"]) {
  Deno.test(`ssh ${option} opens no session, and starts no registry`, async () => {
    await using sandbox = await makeSandbox();
    const env = await withSsh(sandbox, '#!/bin/sh\necho "$@"\n');
    const { code, stdout, stderr } = await run(compiled, sandbox, {
      args: ["ssh", "hostb", option],
      env,
    });
    assertEquals([code, stdout, stderr], [0, `hostb ${option}\n`, ""]);
    assert(!await exists(registryFolder(sandbox)));
  });
}

Deno.test("ssh runs as a child process when exec fails", async () => {
  await using sandbox = await makeSandbox();
  const [ssh, out] = [sandbox.path("ssh"), sandbox.path("out")];
  await writeExecutables({ [ssh]: '#!/bin/sh\necho "$2" > "$1"\nexit 7\n' });
  const tried: string[] = [];
  const exec = (path: string) => void tried.push(path);
  assertEquals(await runSsh(ssh, [out, "hostb"], exec), 7);
  assertEquals([tried, await Deno.readTextFile(out)], [[ssh], "hostb\n"]);
});

Deno.test("a note says that the editor does not know of another user or port", async () => {
  await using sandbox = await makeSandbox();
  const env = await withSsh(sandbox, "#!/bin/sh\nexit 0\n");
  for (const words of [["-l", "ann"], ["-o", "User=ann"], ["-oPort=2222"]]) {
    const { stderr } = await run(compiled, sandbox, { args: ["ssh", "hostb", ...words], env });
    assertStringIncludes(stderr, "the editor reaches this machine as ssh-remote+hostb");
  }
  await run(compiled, sandbox, { args: ["stop"] });
});

Deno.test("an option of ssh before the host is refused, and the hint says where it goes", async () => {
  await using sandbox = await makeSandbox();
  const { code, stderr } = await run(compiled, sandbox, { args: ["ssh", "-p", "22", "hostb"] });
  assertEquals(code, 2);
  assertMatch(stderr, /unknown option -p[\s\S]*options of the other program go after HOST/);
});

const FORBIDDEN = {
  "ClearAllForwardings is set": "clearallforwardings yes",
  "ExitOnForwardFailure is set": "exitonforwardfailure yes",
};

for (const [reason, setting] of Object.entries(FORBIDDEN)) {
  Deno.test(`if ${reason}, ssh connects without a link and starts no registry`, async () => {
    await using sandbox = await makeSandbox();
    const script = `#!/bin/sh\n[ "$1" != -G ] || exec echo ${setting}\necho "$@"\nexit 7\n`;
    const registry = backgroundOf(sandbox, compiled);
    const env = await withSsh(sandbox, script);
    const { code, stdout, stderr } = await registry.runWith(env, "ssh", "hostb");
    assertEquals([code, stdout], [7, "hostb\n"]);
    assertStringIncludes(stderr, `no link: ${reason}`);
    assert(!await exists(registryFolder(sandbox)));
  });
}

Deno.test("ssh says that it started the registry, which keeps running if the connection fails", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const env = await withSsh(sandbox, '#!/bin/sh\n[ "$1" = -G ] || exit 255\n');
  const first = await registry.runWith(env, "ssh", "hostb");
  assertEquals(first.code, 255);
  assertStringIncludes(first.stderr, `started a registry in the background on ${registry.socket}`);
  assertStringIncludes(
    first.stderr,
    `(pid ${await registry.pid()}); end it with: sessionctl stop\n`,
  );
  const second = await registry.runWith(env, "ssh", "hostb");
  assertEquals(second, { code: 255, stdout: "", stderr: "" });
});
