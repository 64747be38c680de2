import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { targets } from "../../scripts/release/targets.ts";
import { backgroundOf } from "../background/support.ts";
import { compiled, makeSandbox, type Sandbox, writeExecutables } from "../support/mod.ts";
import {
  archiveOf,
  here,
  isInstalled,
  makeRelease,
  makeSmallRelease,
  type Ran,
  root,
  runCommand,
  writeProgram,
} from "./support.ts";

const installer = join(root, "scripts/install.sh");
const archive = here && archiveOf(here);

function test(name: string, body: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test({
    name: `install.sh ${name}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using sandbox = await makeSandbox();
      await body(sandbox);
    },
  });
}

function install(
  sandbox: Sandbox,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<Ran> {
  return runCommand(sandbox, "sh", [installer, ...args], { env });
}

const versionIn = async (sandbox: Sandbox, directory: string) =>
  (await runCommand(sandbox, join(directory, "sessionctl"), ["--version"])).stdout.trim();

test("installs a release that deno task release made, to ~/.local/bin", async (sandbox) => {
  const program = await writeProgram(sandbox.path("program"));
  const release = await makeRelease(sandbox, program, "archives");
  const { code, stderr } = await install(sandbox, ["--from", release]);
  const directory = join(sandbox.env.HOME!, ".local/bin");
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /^installed sessionctl \S+ to \S+\/\.local\/bin\/sessionctl\n/);
  assertStringIncludes(stderr, `export PATH=${directory}:"$PATH"`);
  assertMatch(await versionIn(sandbox, directory), /^sessionctl \d/);
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["sessionctl"]);
  assertStringIncludes(await Deno.readTextFile(join(release, "install.sh")), "\nrepository=ann/");
  const sums = (await Deno.readTextFile(join(release, "SHA256SUMS"))).trimEnd().split("\n");
  const names = sums.map((line) => line.slice(66));
  assertEquals(names, [
    "install.sh",
    ...[...targets.map(archiveOf), "sessionctl-companion.vsix"].sort(),
  ]);
});

test("downloads from a server, and takes the latest release or the one named", async (sandbox) => {
  const release = await makeSmallRelease(sandbox);
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    const name = pathname.slice(pathname.lastIndexOf("/") + 1);
    return Deno.readFile(join(release, name)).then(
      (content) => new Response(content),
      () => new Response(null, { status: 404 }),
    );
  });
  sandbox.defer(() => server.shutdown());
  const from = `http://127.0.0.1:${server.addr.port}`;
  const ran = await install(sandbox, ["--from", `${from}/mirror`, "--to", sandbox.path("bin")]);
  assertEquals(ran.code, 0, ran.stderr);
  assertEquals(asked, ["/mirror/SHA256SUMS", `/mirror/${archive}`]);
  assertEquals(await versionIn(sandbox, sandbox.path("bin")), "sessionctl 0.1.0");
  const curl = sandbox.path("curl");
  await Deno.mkdir(curl);
  await writeExecutables({
    [join(curl, "curl")]: '#!/bin/sh\nfor last; do :; done\necho "$last" >&2\nexit 22\n',
  });
  const env = { PATH: `${curl}:${sandbox.env.PATH}` };
  const latest = await install(sandbox, [], env);
  assertEquals(latest.code, 1);
  assertMatch(latest.stderr, /https:\S+\/sessionctl\/releases\/latest\/download\/SHA256SUMS/);
  const named = await install(sandbox, ["--version", "0.2.0"], env);
  assertMatch(named.stderr, /\/releases\/download\/v0\.2\.0\/SHA256SUMS/);
});

test("replaces an older program while it runs, and it keeps running", async (sandbox) => {
  const bin = sandbox.path("bin");
  await Deno.mkdir(bin);
  // Only on Linux does a copy of a system program run from another path.
  const copied = join(bin, "sessionctl");
  if (Deno.build.os !== "linux") await writeExecutables({ [copied]: "#!/bin/sh\ncat\n" });
  else await new Deno.Command("cp", { args: ["/bin/cat", copied] }).output();
  const running = new Deno.Command(join(bin, "sessionctl"), {
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const ran = await install(sandbox, ["--from", await makeSmallRelease(sandbox), "--to", bin], {
    PATH: `${bin}:${sandbox.env.PATH}`,
  });
  assertEquals(ran.code, 0, ran.stderr);
  assertStringIncludes(ran.stderr, "next: sessionctl init bash --install --start");
  assertEquals(await versionIn(sandbox, bin), "sessionctl 0.1.0");
  const writer = running.stdin.getWriter();
  await writer.write(new TextEncoder().encode("still here"));
  await writer.close();
  const { stdout } = await running.output();
  assertEquals(new TextDecoder().decode(stdout), "still here");
  const newer = await install(sandbox, [
    "--from",
    await makeSmallRelease(sandbox, "0.2.0"),
    "--to",
    bin,
  ]);
  assertStringIncludes(newer.stderr, "installed sessionctl 0.2.0");
  assertStringIncludes(newer.stderr, "(it was 0.1.0)");
});

test("refuses a file that differs from the release", async (sandbox) => {
  const release = await makeSmallRelease(sandbox);
  const bin = sandbox.path("bin");
  const nothing = async (expected: RegExp) => {
    const { code, stderr } = await install(sandbox, ["--from", release, "--to", bin]);
    assertEquals(code, 1);
    assertMatch(stderr, expected);
    assertEquals([...Deno.readDirSync(bin)], []);
  };
  const path = join(release, archive);
  const right = await Deno.readFile(path);
  const wrong = new Uint8Array(right);
  wrong[100]! ^= 1;
  await Deno.writeFile(path, wrong);
  await nothing(/is not what the release has; nothing was installed\n +expected [0-9a-f]{64}\n/);
  await Deno.writeFile(path, right.subarray(0, right.length - 10));
  await nothing(/is not what the release has/);
  await Deno.writeFile(path, right);
  const sums = join(release, "SHA256SUMS");
  const text = await Deno.readTextFile(sums);
  await Deno.writeTextFile(sums, text.split("\n")[0]!);
  await nothing(/SHA256SUMS does not name/);
  await Deno.remove(sums);
  await nothing(/there is no SHA256SUMS in/);
});

test("installs no other version than the one asked for, and expands a tilde", async (sandbox) => {
  const release = await makeSmallRelease(sandbox);
  const to = ["--from", release, "--to", "~/my bin"];
  const other = await install(sandbox, [...to, "--version", "9.9.9"]);
  assertEquals(other.code, 1);
  assertStringIncludes(other.stderr, "has sessionctl 0.1.0, not 9.9.9; nothing was installed");
  const same = await install(sandbox, [...to, "--version", "v0.1.0"]);
  assertEquals(same.code, 0, same.stderr);
  const directory = join(sandbox.env.HOME!, "my bin");
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["sessionctl"]);
});

test("refuses a program that does not run here", async (sandbox) => {
  const release = await makeSmallRelease(sandbox, "");
  const bin = sandbox.path("bin");
  const { code, stderr } = await install(sandbox, ["--from", release, "--to", bin]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "does not run here; nothing was installed");
  assertEquals([...Deno.readDirSync(bin)], []);
});

test("picks the platform, and says where there is no build", async (sandbox) => {
  const stubs = sandbox.path("stubs");
  await Deno.mkdir(stubs);
  const machine = async (system: string, cpu: string, programs: Record<string, string> = {}) => {
    const uname = `[ "$1" = -s ] && echo ${system} || echo ${cpu}`;
    const bodies = Object.entries({ uname, getconf: "echo 64", ...programs });
    await writeExecutables(
      Object.fromEntries(bodies.map(([name, body]) => [join(stubs, name), `#!/bin/sh\n${body}\n`])),
    );
    const args = ["--from", sandbox.path("empty"), "--to", sandbox.path("bin")];
    return (await install(sandbox, args, { PATH: `${stubs}:${sandbox.env.PATH}` })).stderr;
  };
  await Deno.mkdir(sandbox.path("empty"));
  await Deno.writeTextFile(sandbox.path("empty", "SHA256SUMS"), "");
  const picks = async (system: string, cpu: string, programs?: Record<string, string>) =>
    /sessionctl-(\S+)\.tar\.gz/.exec(await machine(system, cpu, programs))?.[1];
  assertEquals(await picks("Linux", "x86_64"), "x86_64-unknown-linux-gnu");
  assertEquals(await picks("Linux", "aarch64"), "aarch64-unknown-linux-gnu");
  assertEquals(await picks("Darwin", "arm64"), "aarch64-apple-darwin");
  assertEquals(await picks("Darwin", "x86_64", { sysctl: "exit 1" }), "x86_64-apple-darwin");
  assertEquals(await picks("Darwin", "x86_64", { sysctl: "echo 1" }), "aarch64-apple-darwin");
  assertStringIncludes(await machine("Linux", "riscv64"), "no build for Linux on riscv64");
  assertStringIncludes(await machine("FreeBSD", "amd64"), "no build for FreeBSD");
  assertStringIncludes(await machine("MINGW64_NT-10.0", "x86_64"), "on Windows, take");
  assertStringIncludes(await machine("Linux", "x86_64", { getconf: "echo 32" }), "a 32-bit system");
});

test("takes --to=DIRECTORY/ for that directory, which PATH names without the slash", async (sandbox) => {
  const bin = sandbox.path("bin");
  const args = [`--from=${await makeSmallRelease(sandbox)}`, `--to=${bin}//`, "--version=0.1.0"];
  const { code, stderr } = await install(sandbox, args, { PATH: `${bin}:${sandbox.env.PATH}` });
  assertEquals([code, stderr.split("\n  ")[0]], [
    0,
    `installed sessionctl 0.1.0 to ${bin}/sessionctl\n` +
    "next: sessionctl init bash --install --start --code --editor --browser",
  ]);
});

test("--uninstall removes the program and lists the remaining files", async (sandbox) => {
  const bin = sandbox.path("bin");
  await install(sandbox, ["--from", await makeSmallRelease(sandbox), "--to", bin]);
  await Deno.mkdir(join(sandbox.env.HOME!, ".local/state/sessionctl"), { recursive: true });
  const env = { SESSIONCTL_INSTALL_DIR: bin };
  const { code, stderr } = await install(sandbox, ["--uninstall"], env);
  assertEquals([code, stderr.split("\n")[0]], [0, `removed ${bin}/sessionctl`]);
  assertStringIncludes(stderr, "left: its state; remove it with: rm -r /");
  assertEquals([...Deno.readDirSync(bin)], []);
  const again = await install(sandbox, ["--uninstall"], env);
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, "there is no sessionctl in");
});

test("installs a local build, and names the next step for each shell", async (sandbox) => {
  const dist = sandbox.path("dist");
  await Deno.mkdir(dist);
  await Deno.symlink(compiled.command, join(dist, "sessionctl"));
  const bin = sandbox.path("my bin");
  for (
    const [shell, line] of [
      ["/bin/bash", `.bashrc:\n  export PATH='${bin}':"$PATH"\n`],
      ["/bin/zsh", `.zshrc:\n  export PATH='${bin}':"$PATH"\n`],
      ["/bin/fish", `config.fish:\n  fish_add_path '${bin}'\n`],
    ]
  ) {
    const args = ["--from", "dist", "--to", bin];
    const { code, stderr } = await install(sandbox, args, { SHELL: shell! });
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "taking dist/sessionctl, for which there are no checksums\n");
    assertStringIncludes(stderr, `is not on PATH; run this here, and add it to your ${line}`);
    assertStringIncludes(
      stderr,
      `next: '${bin}/sessionctl' init ${
        shell!.slice(5)
      } --install --start --code --editor --browser\n`,
    );
  }
  assertMatch(await versionIn(sandbox, bin), /^sessionctl \d/);
});

test("--uninstall undoes what init did, for every shell, and ends the registry", async (sandbox) => {
  const bin = sandbox.path("bin");
  const home = sandbox.env.HOME!;
  await Deno.mkdir(bin);
  await Deno.symlink(compiled.command, join(bin, "sessionctl"));
  const registry = backgroundOf(sandbox, compiled);
  const env = { SESSIONCTL_SOCKET: registry.socket, PATH: `${bin}:${sandbox.env.PATH}` };
  await Deno.writeTextFile(join(home, ".bashrc"), "alias e='sessionctl open'\n");
  const script = `set -e
    sessionctl init bash --install --start --code --editor --link ${home}/bin
    sessionctl init zsh --install --rc ${home}/dot/zshrc
    sessionctl init fish --install --link ${home}/fish-bin
    mkdir -p .local/share/bash-completion/completions .local/share/man/man1 .zfunc .config/fish/completions
    sessionctl completions bash >.local/share/bash-completion/completions/sessionctl
    sessionctl completions zsh >.zfunc/_sessionctl
    sessionctl completions fish >.config/fish/completions/sessionctl.fish
    sessionctl man >.local/share/man/man1/sessionctl.1
    PATH=/none sessionctl service install --manager systemd || :`.replaceAll(
    "PATH=/none sessionctl",
    `PATH=/none ${bin}/sessionctl`,
  );
  const set = await runCommand(sandbox, "sh", ["-c", script], { env, cwd: home });
  assertEquals(set.code, 0, set.stderr);
  const { code, stderr } = await install(sandbox, ["--uninstall", "--to", bin], env);
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /ended the registry/);
  assertStringIncludes(
    stderr,
    `left unchanged, because it is yours: ${home}/.bashrc:1: alias e='sessionctl open'\n`,
  );
  assertStringIncludes(stderr, "left: its state; remove it with: rm -r ");
  const find = ["-c", "find . ! -type d ! -path './.local/state/*' -size +0 | sort"];
  const left = await runCommand(sandbox, "sh", find, { cwd: home });
  assertEquals(left.stdout, "./.bashrc\n");
  assertEquals(await Deno.readTextFile(join(home, ".bashrc")), "alias e='sessionctl open'\n");
  assertEquals([...Deno.readDirSync(bin)], []);
  assertEquals(await registry.pid(), undefined);
});

test("--uninstall with a directory needs no HOME", async (sandbox) => {
  const bin = sandbox.path("bin");
  await install(sandbox, ["--from", await makeSmallRelease(sandbox), "--to", bin]);
  const script = join(root, "scripts/install.sh");
  const args = ["-u", "HOME", "-u", "XDG_STATE_HOME", "sh", script, "--uninstall", "--to", bin];
  const { code, stderr } = await runCommand(sandbox, "env", args);
  assertEquals([code, stderr], [0, `removed ${bin}/sessionctl\n`]);
});

test("text for a dotfile is quoted for its shell", async (sandbox) => {
  const bin = sandbox.path("it's $HOME `x`");
  const release = await makeSmallRelease(sandbox);
  const { code, stderr } = await install(sandbox, ["--from", release, "--to", bin]);
  assertEquals(code, 0, stderr);
  const line = stderr.split("\n").find((line) => line.includes("export PATH="))!;
  const { stdout } = await runCommand(sandbox, "sh", ["-c", `PATH=rest; ${line}; echo "$PATH"`]);
  assertEquals(stdout, `${bin}:rest\n`);
});

test("a directory with the program's name is not moved into", async (sandbox) => {
  const release = await makeSmallRelease(sandbox);
  const bin = sandbox.path("src");
  await Deno.mkdir(join(bin, "sessionctl"), { recursive: true });
  const { code, stderr } = await install(sandbox, ["--from", release, "--to", bin]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, `${bin}/sessionctl is a directory`);
  assertEquals([...Deno.readDirSync(join(bin, "sessionctl"))], []);
});

test("refuses unknown options and unencrypted downloads", async (sandbox) => {
  assertEquals((await install(sandbox, ["--form", "x"])).code, 2);
  assertEquals((await install(sandbox, ["--from"])).code, 2);
  const plain = await install(sandbox, ["--from", "http://mirror.invalid/sessionctl"]);
  assertEquals(plain.code, 1);
  assertStringIncludes(plain.stderr, "is not encrypted");
  const homeless = await install(sandbox, [], { HOME: "" });
  assertStringIncludes(homeless.stderr, "HOME is not set");
  assertEquals((await install(sandbox, ["--help"])).code, 0);
});

Deno.test({
  name: "shellcheck finds nothing in the scripts",
  ignore: !isInstalled("shellcheck"),
  async fn() {
    await using sandbox = await makeSandbox();
    const scripts = [
      "scripts/install.sh",
      "scripts/deno",
      "scripts/test_tools.sh",
      "scripts/release/npm/placeholder.sh",
    ];
    const { code, stdout } = await runCommand(sandbox, "shellcheck", [...scripts, ".ci/run"], {
      cwd: root,
    });
    assertEquals([code, stdout], [0, ""]);
  },
});
