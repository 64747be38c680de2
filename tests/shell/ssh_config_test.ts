/** `init --ssh`: our part of ssh's settings. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run, type Sandbox, writeExecutables } from "../support/mod.ts";

/** Prepares `init` with a stand-in for ssh, which accepts all settings by default. */
async function initIn(sandbox: Sandbox, script = "#!/bin/sh\nexit 0\n") {
  const bin = sandbox.path("bin");
  await Deno.mkdir(bin, { recursive: true });
  await writeExecutables({ [`${bin}/ssh`]: script });
  const env = { PATH: `${bin}:${sandbox.env.PATH}` };
  const file = sandbox.path("home", ".ssh", "config");
  return {
    file,
    folder: sandbox.path("home", ".ssh", "sessionctl"),
    init: (...args: string[]) => run(compiled, sandbox, { args: ["init", ...args], env }),
    text: () => Deno.readTextFileSync(file),
    async write(text: string, mode: number) {
      await Deno.mkdir(sandbox.path("home", ".ssh"), { recursive: true });
      await Deno.writeTextFile(file, text);
      await Deno.chmod(file, mode);
    },
  };
}

const mode = (path: string) => Deno.statSync(path).mode! & 0o7777;

Deno.test("init --ssh adds its part once, and --uninstall restores the former settings", async () => {
  await using sandbox = await makeSandbox();
  const { init, text, write, file, folder } = await initIn(sandbox);
  const own = "User ann\n\nHost *\n  Port 2222";
  await write(own, 0o640);
  assertEquals((await init("--ssh", "hostb", "--ssh", "hostc=ssh-remote+build%40x")).code, 0);
  const added = text();
  assertEquals([added.startsWith(`${own}\n# >>>`), mode(file), mode(folder)], [true, 0o640, 0o700]);
  assertEquals(added.match(/^Match originalhost host[bc] exec /gm)?.length, 2);
  assertStringIncludes(added, ' --authority ssh-remote+build%%40x hostc"\n');
  assertMatch(added, /\nMatch all\n# <<< sessionctl init --ssh\n$/);
  assertMatch((await init("--ssh", "hostb")).stderr, /already contains hostb/);
  assertEquals(text().match(/hostb"/g)?.length, 1);
  await Deno.writeTextFile(file, `${text()}# below\n`);
  await init("--uninstall", "--ssh", "hostb");
  assertEquals(text().includes("hostb"), false);
  const { stdout } = await init("--uninstall", "--ssh", "hostc", "--json");
  assertEquals(JSON.parse(stdout), { sshConfig: file, hosts: [], changed: true });
  assertEquals(text(), `${own}\n# below\n`);
});

Deno.test("init --uninstall without a shell removes ssh's part, too", async () => {
  await using sandbox = await makeSandbox();
  const { init, text, folder } = await initIn(sandbox);
  await init("--ssh", "hostb");
  const { stdout } = await init("--uninstall", "--json");
  assertEquals(JSON.parse(stdout).sshHosts, ["hostb"]);
  assertEquals(text(), "");
  await Deno.lstat(folder).then(() => {
    throw new Error("still there");
  }, () => {});
});

Deno.test("doctor names the hosts of plain ssh, and a program that is gone", async () => {
  await using sandbox = await makeSandbox();
  const { init, text, file } = await initIn(sandbox);
  await init("--ssh", "hostb");
  const doctor = async () => (await run(compiled, sandbox, { args: ["doctor"] })).stdout;
  assertStringIncludes(await doctor(), "plain ssh has a link to hostb");
  await Deno.writeTextFile(file, text().replaceAll(/'[^']*sessionctl'/g, "'/gone/sessionctl'"));
  const gone = await doctor();
  assertStringIncludes(gone, "/gone/sessionctl, which does not exist");
  assertStringIncludes(gone, "sessionctl init --ssh hostb");
  await init("--ssh", "hostb");
  assertStringIncludes(await doctor(), "plain ssh has a link to hostb");
});

Deno.test("settings that ssh does not accept are not written", async () => {
  await using sandbox = await makeSandbox();
  const refusing =
    '#!/bin/sh\necho "$2: line 3: Bad configuration option: include" >&2; exit 255\n';
  const { init, text, write, file } = await initIn(sandbox, refusing);
  await write("Host *\n", 0o600);
  const { code, stderr } = await init("--ssh", "hostb");
  assertEquals([code, text()], [1, "Host *\n"]);
  assertStringIncludes(stderr, `${file}: line 3: Bad configuration option: include`);
  assertEquals(
    [...Deno.readDirSync(sandbox.path("home", ".ssh"))].filter(({ isFile }) => isFile).length,
    1,
  );
});

for (
  const [name, reason] of [
    ["host*", "a pattern"],
    ["!hostb", "a pattern"],
    ["a,b", "a pattern"],
    ["ann@hostb", "must not contain a user"],
    ["host b", "not a host name"],
    ["-oProxyCommand=x", "not a host name"],
    ["hostb=build", "not an editor's authority"],
    ['hostb=ssh-remote+a"b', "not an editor's authority"],
  ]
) {
  Deno.test(`init --ssh refuses ${name}`, async () => {
    await using sandbox = await makeSandbox();
    const { init } = await initIn(sandbox);
    const { code, stderr } = await init(`--ssh=${name}`);
    assertEquals(code, 2);
    assertStringIncludes(stderr, reason!);
  });
}

Deno.test("an incomplete part is refused, and a symlink to the settings stays a symlink", async () => {
  await using sandbox = await makeSandbox();
  const { init, text, write, file } = await initIn(sandbox);
  await write("# >>> sessionctl init --ssh\nHost *\n", 0o600);
  const { code, stderr } = await init("--ssh", "hostb");
  assertEquals(code, 1);
  assertMatch(stderr, /only one of the two lines that enclose/);
  const dotfiles = sandbox.path("dotfiles");
  await Deno.writeTextFile(dotfiles, "Host *\n");
  await Deno.remove(file);
  await Deno.symlink(dotfiles, file);
  assertEquals((await init("--ssh", "hostb")).code, 0);
  assertEquals(Deno.lstatSync(file).isSymlink, true);
  assertStringIncludes(Deno.readTextFileSync(dotfiles), "hostb");
  assertStringIncludes(text(), "hostb");
});

Deno.test("settings of another user are left alone", { ignore: Deno.uid() !== 0 }, async () => {
  await using sandbox = await makeSandbox();
  const { init, text, write, file } = await initIn(sandbox);
  await write("Host *\n", 0o600);
  await Deno.chown(file, 1234, 1234);
  const { code, stderr } = await init("--ssh", "hostb");
  assertEquals([code, text()], [1, "Host *\n"]);
  assertMatch(stderr, /belongs to another user/);
});
