import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { backgroundOf } from "../background/support.ts";
import { installedProgram } from "../../src/shell/mod.ts";
import { system } from "../../src/platform/mod.ts";
import { compiled, makeSandbox, run, type Sandbox, source } from "../support/mod.ts";
import { sharedProcess } from "../support/shared_process.ts";
import { runCommand, runOnTerminal, runShell, testShells, withProgramOnPath } from "./support.ts";

const shared = await sharedProcess();

const init = (sandbox: Sandbox, ...args: string[]) => {
  // Run from source, it names the sessionctl on PATH, and creates no links.
  const program = args.includes("--link") ? compiled : shared;
  const env = { PATH: `${dirname(compiled.command)}:${sandbox.env.PATH}` };
  return run(program, sandbox, { args: ["init", ...args], env });
};

const RC = { bash: ".bashrc", zsh: ".zshrc", fish: ".config/fish/config.fish" };
const linux = Deno.build.os === "linux";

Deno.test({
  name: "--install writes the hook and one line, and changes nothing the second time",
  ignore: !linux,
  async fn() {
    await using sandbox = await makeSandbox();
    for (const [shell, name] of Object.entries(RC)) {
      const rc = sandbox.path("home", name);
      const hook = sandbox.path("home/.local/share/sessionctl", `init.${shell}`);
      const args = ["init", shell, "--install"];
      const first = await run(compiled, sandbox, { args });
      assertEquals([first.code, first.stdout], [0, ""]);
      assertStringIncludes(first.stderr, `wrote the hook: ${hook}`);
      assertStringIncludes(first.stderr, `added the line that sources it to ${rc}`);
      const text = await Deno.readTextFile(rc);
      assertEquals(text.split("\n").length, 2, text);
      assertStringIncludes(
        text,
        `"\${HOME-}"/.local/share`.replace("{HOME-}", shell === "fish" ? "HOME" : "{HOME-}"),
      );
      const again = await init(sandbox, shell, "--install");
      assertStringIncludes(again.stderr, `the hook is written already: ${hook}`);
      assertStringIncludes(again.stderr, `${rc} sources it already`);
      assertEquals(await Deno.readTextFile(rc), text);
    }
  },
});

Deno.test("the dotfile's content stays, even a last line without a newline", async () => {
  await using sandbox = await makeSandbox();
  const rc = sandbox.path("rc");
  for (const before of ["", "alias a=b\n", "alias a=b", "a\r\nb\r\n", "\n\n", "# é \ufeff\n"]) {
    await Deno.writeTextFile(rc, before);
    await init(sandbox, "bash", "--install", "--rc", rc);
    const installed = await Deno.readTextFile(rc);
    assertEquals(installed.startsWith(before), true, JSON.stringify(before));
    assertMatch(installed.slice(before.length), /^\n?if \[ -r [^\n]*# sessionctl init\n$/);
    const { stderr } = await init(sandbox, "bash", "--uninstall", "--rc", rc);
    assertStringIncludes(stderr, `removed the line that sourced it from ${rc}`);
    const separator = before !== "" && !before.endsWith("\n") ? "\n" : "";
    assertEquals(await Deno.readTextFile(rc), before + separator);
  }
});

Deno.test("several lines of ours become one, in place of the first", async () => {
  await using sandbox = await makeSandbox();
  const rc = sandbox.path("rc");
  await Deno.writeTextFile(rc, "a\n. old # sessionctl init\nb\n. older # sessionctl init\nc\n");
  const { stderr } = await init(sandbox, "bash", "--install", "--rc", rc);
  assertStringIncludes(stderr, `changed the line that sources it in ${rc}`);
  assertMatch(await Deno.readTextFile(rc), /^a\nif [^\n]*# sessionctl init\nb\nc\n$/);
});

Deno.test("a dotfile that is a symlink stays one and keeps its mode", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("dotfiles"));
  const real = sandbox.path("dotfiles/bashrc");
  await Deno.writeTextFile(real, "a\n", { mode: 0o640 });
  await Deno.chmod(real, 0o640);
  const rc = sandbox.path("home/rc");
  await Deno.symlink("../dotfiles/bashrc", rc);
  for (const action of ["--install", "--uninstall"]) {
    assertEquals((await init(sandbox, "bash", action, "--rc", rc)).code, 0);
    assertEquals((await Deno.lstat(rc)).isSymlink, true);
    assertEquals((await Deno.stat(real)).mode! & 0o777, 0o640);
  }
  assertEquals(await Deno.readTextFile(real), "a\n");
  assertEquals([...Deno.readDirSync(sandbox.path("dotfiles"))].length, 1);
});

Deno.test({
  name: "root changes no dotfile of another user and no file in another user's folder",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using sandbox = await makeSandbox();
    const rc = sandbox.path("home/rc");
    await Deno.writeTextFile(rc, "a\n");
    for (const theirs of [rc, sandbox.path("home")]) {
      await Deno.chown(theirs, 12345, 54321);
      for (const action of ["--install", "--uninstall"]) {
        const line = action === "--uninstall" ? "b # sessionctl init\n" : "";
        await Deno.writeTextFile(rc, `a\n${line}`);
        const { code, stderr } = await init(sandbox, "bash", action, "--rc", rc);
        assertEquals(code, 1);
        assertStringIncludes(stderr, "belongs to another user (uid 12345): run this as that user");
        assertEquals(await Deno.readTextFile(rc), `a\n${line}`);
      }
      await Deno.chown(theirs, 0, 0);
    }
    assertEquals([...Deno.readDirSync(sandbox.path("home"))].map(({ name }) => name), ["rc"]);
  },
});

Deno.test("other options change the hook, but not the dotfile", async () => {
  await using sandbox = await makeSandbox();
  const rc = sandbox.path("rc");
  await init(sandbox, "bash", "--install", "--rc", rc);
  const before = await Deno.readTextFile(rc);
  const { stderr } = await init(sandbox, "bash", "--install", "--rc", rc, "--code");
  assertStringIncludes(stderr, "wrote the hook");
  assertStringIncludes(stderr, "sources it already");
  assertEquals(await Deno.readTextFile(rc), before);
});

Deno.test("--uninstall leaves nothing behind, and says so if nothing was installed", async () => {
  await using sandbox = await makeSandbox();
  const [rc, links] = [sandbox.path("rc"), sandbox.path("links")];
  const options = ["--rc", rc, "--link", links];
  await init(sandbox, "bash", "--install", ...options);
  assertEquals([...Deno.readDirSync(links)].length, 3);
  const first = await init(sandbox, "bash", "--uninstall", ...options);
  assertEquals(first.code, 0);
  assertStringIncludes(first.stderr, `removed the link ${links}/code`);
  assertEquals([...Deno.readDirSync(links)], []);
  assertEquals(await Deno.readTextFile(rc), "");
  assertStringIncludes(first.stderr, "shells that are running keep what the hook set");
  const again = await init(sandbox, "bash", "--uninstall", ...options);
  assertStringIncludes(again.stderr, `${rc} has no line of ours`);
  assertEquals(again.stderr.includes("shells that are running"), false);
});

Deno.test("--uninstall without --link names the remaining links and the command that removes them", async () => {
  await using sandbox = await makeSandbox();
  const [rc, links] = [sandbox.path("rc"), sandbox.path("my links")];
  await init(sandbox, "zsh", "--install", "--rc", rc, "--link", links);
  const { stderr } = await init(sandbox, "zsh", "--uninstall", "--rc", rc);
  const command = /remove them with: sessionctl (.*)\n/.exec(stderr)?.[1];
  assertEquals(command, `init zsh --uninstall --link '${links}'`);
  await runCommand(sandbox, "sh", ["-c", `"$0" ${command}`, compiled.command]);
  assertEquals([...Deno.readDirSync(links)], []);
});

Deno.test("a dotfile that cannot be written is reported, with the line to add by hand", async () => {
  await using sandbox = await makeSandbox();
  const rc = sandbox.path("rc");
  await Deno.mkdir(rc);
  const { code, stderr } = await init(sandbox, "bash", "--install", "--rc", rc);
  assertEquals(code, 1);
  assertStringIncludes(stderr, rc);
  assertMatch(stderr, /add this line to it yourself: if \[ -r .*# sessionctl init/);
});

Deno.test("a symlink to a dotfile that does not exist yet stays a symlink", async () => {
  await using sandbox = await makeSandbox();
  const [rc, target] = [sandbox.path("rc"), sandbox.path("dotfiles/bashrc")];
  await Deno.symlink("dotfiles/bashrc", rc);
  assertEquals((await init(sandbox, "bash", "--install", "--rc", rc)).code, 0);
  assertEquals(await Deno.readLink(rc), "dotfiles/bashrc");
  assertStringIncludes(await Deno.readTextFile(target), "# sessionctl init");
});

Deno.test("a dotfile that is not UTF-8 is left unchanged", async () => {
  await using sandbox = await makeSandbox();
  const rc = sandbox.path("rc");
  const bytes = new Uint8Array([0x23, 0xe4, 0x0a]);
  await Deno.writeFile(rc, bytes);
  const { code, stderr } = await init(sandbox, "bash", "--install", "--rc", rc);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "not UTF-8");
  assertEquals(await Deno.readFile(rc), bytes);
});

Deno.test("--link creates programs that act by their names, and leaves other files alone", async () => {
  await using sandbox = await makeSandbox();
  const links = sandbox.path("links");
  const first = await init(sandbox, "bash", "--link", links);
  assertStringIncludes(first.stderr, `linked ${links}/code`);
  assertEquals((await init(sandbox, "bash", "--link", links)).stderr, "");
  const version = await runCommand(sandbox, `${links}/code`, ["--version"]);
  assertEquals(version.stdout.split("\n")[1], "sessionctl");
  const edit = await runCommand(sandbox, `${links}/sessionctl-edit`, []);
  assertStringIncludes(edit.stderr, "--wait needs a file");
  const browse = await runCommand(sandbox, `${links}/sessionctl-browse`, []);
  assertStringIncludes(browse.stderr, "browse needs URL");
  await Deno.remove(`${links}/code`);
  await Deno.writeTextFile(`${links}/code`, "#!/bin/sh\n");
  const foreign = await init(sandbox, "bash", "--link", links);
  assertEquals([foreign.code, foreign.stdout], [1, ""]);
  assertStringIncludes(foreign.stderr, `${links}/code exists, and sessionctl did not create it`);
  const away = await init(
    sandbox,
    "bash",
    "--uninstall",
    "--rc",
    sandbox.path("rc"),
    "--link",
    links,
  );
  assertStringIncludes(away.stderr, `kept ${links}/code: it is not ours`);
});

Deno.test("a link to a sessionctl at an old path is changed", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("links"));
  await Deno.symlink("/old/place/sessionctl", sandbox.path("links/code"));
  const { stderr } = await init(sandbox, "bash", "--link", sandbox.path("links"));
  assertStringIncludes(stderr, `changed the link ${sandbox.path("links/code")}`);
  assertEquals(await Deno.readLink(sandbox.path("links/code")), compiled.command);
});

Deno.test("--json reports on stdout what was done", async () => {
  await using sandbox = await makeSandbox();
  const rc = sandbox.path("rc");
  const installed = await init(sandbox, "zsh", "--install", "--rc", rc, "--json");
  assertEquals([installed.code, installed.stderr], [0, ""]);
  assertEquals(JSON.parse(installed.stdout), {
    shell: "zsh",
    hookFile: sandbox.path("home/.local/share/sessionctl/init.zsh"),
    hookChange: "written",
    rcFile: rc,
    rcChange: "added",
    links: [],
  });
  const printed = JSON.parse((await init(sandbox, "fish", "--json")).stdout);
  assertStringIncludes(printed.hook, "VSCODE_IPC_HOOK_CLI");
});

Deno.test("an error in writing a file names the file once, with the system's reason", async () => {
  await using sandbox = await makeSandbox();
  const share = sandbox.path("home/.local/share");
  await Deno.mkdir(share, { recursive: true });
  await Deno.writeTextFile(`${share}/sessionctl`, "");
  const hook = await init(sandbox, "bash", "--install");
  assertEquals(hook.code, 1);
  const said = `sessionctl: cannot write ${share}/sessionctl/init.bash: File exists`;
  assertEquals(hook.stderr.split("\n")[0], said);
  await Deno.remove(`${share}/sessionctl`);
  const rc = sandbox.path("home/.bashrc");
  await Deno.mkdir(rc);
  const dotfile = await init(sandbox, "bash", "--install");
  assertEquals(dotfile.stderr.split("\n")[0], `sessionctl: cannot read ${rc}: Is a directory`);
  const below = `${share}/sessionctl/init.bash/x`;
  const serve = await run(compiled, sandbox, {
    args: ["serve", "--no-state", "--socket", `${below}/registry.sock`],
  });
  assertEquals(
    serve.stderr,
    `sessionctl: cannot make the directory ${below}: Not a directory\n`,
  );
});

Deno.test("conflicting options and unknown shells are usage errors", async () => {
  await using sandbox = await makeSandbox();
  for (
    const [args, said] of [
      [["bash", "--install", "--uninstall"], "cannot be used together"],
      [["bash", "--rc", "x"], "--rc needs --install"],
      [["bsh"], "did you mean bash?"],
      [["tcsh"], "choose one of bash, zsh, fish"],
      [[], "init needs SHELL"],
    ] as const
  ) {
    const { code, stdout, stderr } = await init(sandbox, ...args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertStringIncludes(stderr, said);
  }
});

testShells("an installed hook is active in a new shell", async (shell) => {
  await using sandbox = await withProgramOnPath(await makeSandbox());
  const rc = sandbox.path("home/.rc");
  const args = [shell, "--install", "--rc", rc, "--code", "--editor", "--browser"];
  const installed = await runCommand(sandbox, "sessionctl", ["init", ...args]);
  assertEquals(installed.code, 0, installed.stderr);
  const shown = await runOnTerminal(
    sandbox,
    shell,
    await Deno.readTextFile(rc),
    'echo "$EDITOR|$VISUAL|$GIT_EDITOR|$BROWSER"; code --version | sed -n 2p',
  );
  const program = sandbox.path("bin/sessionctl");
  const editor = `${program} open --wait`;
  assertEquals(
    shown,
    `${[editor, editor, editor, `${program} browse %s`].join("|")}\nsessionctl\n`,
  );
  // A hook that was removed must not cause errors.
  await Deno.remove(sandbox.path(`home/.local/share/sessionctl/init.${shell}`));
  const result = await runShell(sandbox, shell, `. ${rc}; echo ready`);
  assertEquals([result.stdout, result.stderr], ["ready\n", ""]);
}, ["script"]);

Deno.test("login shells that do not read .bashrc are named, with a command that fixes it", async () => {
  await using sandbox = await makeSandbox();
  const home = sandbox.path("home");
  const { stderr } = await init(sandbox, "bash", "--install");
  assertStringIncludes(stderr, `login shells (tmux, ssh) do not read ${home}/.bashrc`);
  await Deno.writeTextFile(`${home}/.profile`, "# .bashrc\numask 022\n");
  const profile = await init(sandbox, "bash", "--install");
  const fix = /read \S+\/home\/\.bashrc; to fix this, run:\n {2}(.*\/home\/\.profile)\n/.exec(
    profile.stderr,
  )
    ?.[1];
  const doctor = await run(compiled, sandbox, { args: ["doctor"], env: { SHELL: "/bin/bash" } });
  assertStringIncludes(doctor.stdout, `fix: ${fix}`);
  await runCommand(sandbox, "sh", ["-c", fix!]);
  await Deno.writeTextFile(`${home}/.bashrc`, "echo read\n");
  assertEquals((await runCommand(sandbox, "bash", ["-l", "-c", ":"])).stdout, "read\n");
  assertEquals((await runCommand(sandbox, "sh", [`${home}/.profile`])).stdout, "");
  const after = await init(sandbox, "bash", "--install");
  assertEquals(after.stderr.includes("login shells"), false, after.stderr);
  // Like Debian's, which reads ~/.profile.
  await Deno.writeTextFile(`${home}/.bash_profile`, ". ~/.profile\n");
  assertEquals((await init(sandbox, "bash", "--install")).stderr.includes("login shells"), false);
});

Deno.test("--install reports that sessionctl is not on PATH, with the line that adds it", async () => {
  await using sandbox = await makeSandbox();
  const directory = sandbox.path("it's here");
  await Deno.mkdir(directory);
  await Deno.link(compiled.command, `${directory}/sessionctl`)
    .catch(() => Deno.copyFile(compiled.command, `${directory}/sessionctl`));
  const install = (shell: string, path: string) =>
    runCommand(sandbox, `${directory}/sessionctl`, ["init", shell, "--install"], {
      env: { PATH: path },
    });
  const missing = await install("bash", "/usr/bin:/bin");
  const line = /is not found on PATH; run this here, and add it to your \.bashrc:\n {2}(.*)\n/
    .exec(missing.stderr)?.[1];
  const found = await runCommand(sandbox, "sh", ["-c", `${line}; command -v sessionctl`]);
  assertEquals(found.stdout, `${directory}/sessionctl\n`);
  assertMatch((await install("fish", "/usr/bin:/bin")).stderr, /config\.fish:\n {2}fish_add_path /);
  const present = await install("bash", `${directory}:/usr/bin:/bin`);
  assertEquals(present.stderr.includes("PATH"), false, present.stderr);
});

Deno.test("--install --start starts the registry immediately, and says how to activate the hook in this shell", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const { code, stderr } = await registry.runWith(
    { SHELL: "/usr/bin/fish" },
    ...["init", "fish", "--install", "--start"],
  );
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, `started a registry in the background on ${registry.socket}`);
  assertMatch(
    stderr,
    /in every new fish; in this one, run:\n {2}source \S+\/sessionctl\/init\.fish\n/,
  );
  assertEquals((await registry.run("list")).code, 0);
  await registry.run("stop");
  // A registry that the hook starts is not a problem while it is not running.
  const doctor = await run(compiled, sandbox, {
    args: ["doctor", "--json"],
    env: { SHELL: "/usr/bin/fish" },
  });
  const registries = JSON.parse(doctor.stdout).checks
    .find(({ name }: { name: string }) => name === "registry").findings;
  assertEquals(registries[0].severity, "note");
  assertStringIncludes(registries[0].text, "the shell hook starts one");
});

Deno.test("--install --start exits 3 if the registry does not start, and keeps the hook", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  await Deno.writeTextFile(sandbox.path("state"), "");
  const install = (...options: string[]) =>
    registry.runWith(
      { XDG_STATE_HOME: sandbox.path("state") },
      ...["init", "bash", "--install", "--start", ...options],
    );
  const { code, stdout, stderr } = await install();
  assertEquals([code, stdout], [3, ""]);
  assertStringIncludes(stderr, "wrote the hook");
  assertEquals(stderr.match(/the registry did not start/g)?.length, 1, stderr);
  const json = await install("--json");
  assertEquals([json.code, JSON.parse(json.stdout).hookChange], [3, "unchanged"]);
  const { error } = JSON.parse(json.stderr.trimEnd().split("\n").at(-1)!);
  assertEquals(error.code, "REGISTRY_UNREACHABLE");
});

Deno.test("a symlink on PATH is named instead of its target", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("bin"));
  await Deno.mkdir(sandbox.path("version-1"));
  const binary = sandbox.path("version-1/sessionctl");
  await Deno.writeTextFile(binary, "", { mode: 0o755 });
  const context = (path: string) => ({ ...system, env: () => path });
  const path = `relative:${sandbox.path("none")}:${sandbox.path("bin")}`;
  assertEquals(installedProgram(context(path), binary), { path: binary, onPath: false });
  const link = sandbox.path("bin/sessionctl");
  await Deno.symlink(binary, link);
  assertEquals(installedProgram(context(path), binary), { path: link, onPath: true });
  const other = `${sandbox.path("version-1")}:${path}`;
  assertEquals(installedProgram(context(other), link), { path: binary, onPath: true });
});

Deno.test("run from source, init needs a sessionctl on PATH", async () => {
  await using sandbox = await makeSandbox();
  sandbox.env.PATH = sandbox.path("none");
  const { code, stderr } = await run(source, sandbox, { args: ["init", "bash"] });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "sessionctl is not on PATH");
});

Deno.test("open does not launch itself under another name", async () => {
  await using sandbox = await makeSandbox();
  await init(sandbox, "bash", "--link", sandbox.path("links"));
  sandbox.env.PATH = `${sandbox.path("links")}:${sandbox.env.PATH}`;
  for (const command of ["code", "exec env A=b code -n", `${sandbox.path("links")}/code`]) {
    const args = ["open", "--strict", "--launch", command, "file"];
    const { code, stderr } = await run(compiled, sandbox, { args });
    assertEquals(code, 2);
    assertStringIncludes(stderr, `--launch would run sessionctl again: ${command}`);
  }
  const args = ["open", "--strict", "--launch", "echo", "file"];
  assertEquals((await run(compiled, sandbox, { args })).stdout, "file\n");
});

Deno.test("created files are writable only by their owner, whatever the umask", async () => {
  await using sandbox = await makeSandbox();
  // Without systemctl, the system is not notified.
  const script = 'umask 0; "$0" init fish --install --link "$HOME/a/bin" && ' +
    '"$0" config --init && PATH=/none "$0" service install --manager systemd; find "$HOME" -perm /022 ! -type l';
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script, compiled.command],
    env: sandbox.env,
    clearEnv: true,
    stderr: "null",
  }).output();
  const paths = new TextDecoder().decode(stdout).split("\n");
  const config = sandbox.path("home/.config");
  assertEquals(paths, [
    `${config}/sessionctl/config.jsonc`,
    `${config}/systemd/user/sessionctl.service`,
    `${config}/systemd/user/sessionctl.socket`,
    "",
  ]);
});
