/**
 * The file that gets the hook's line, through symlinks, and the cases in which it is left alone.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { system } from "../../src/platform/mod.ts";
import { hookText } from "../../src/shell/hook.ts";
import { removeLinks } from "../../src/shell/links.ts";
import { putLine, rcFile } from "../../src/shell/rc_file.ts";
import { makeSandbox, run, source } from "../support/mod.ts";

Deno.test("the start-up file is the one that the shell reads, even if ZDOTDIR is redirected", () => {
  const file = (shell: "bash" | "zsh" | "fish", more: Record<string, string>) => {
    const env: Record<string, string> = { HOME: "/home/ann", ...more };
    return rcFile(shell, { ...system, os: "linux", uid: 1000, env: (name) => env[name] });
  };
  assertEquals(file("bash", {}), "/home/ann/.bashrc");
  assertEquals(file("zsh", {}), "/home/ann/.zshrc");
  assertEquals(file("zsh", { ZDOTDIR: "/z" }), "/z/.zshrc");
  // In an integrated terminal, the shell integration sets ZDOTDIR.
  assertEquals(file("zsh", { ZDOTDIR: "/tmp/vscode-zsh", USER_ZDOTDIR: "/z" }), "/z/.zshrc");
  assertEquals(file("zsh", { ZDOTDIR: "relative" }), "/home/ann/.zshrc");
  assertEquals(file("fish", { XDG_CONFIG_HOME: "/c" }), "/c/fish/config.fish");
});

Deno.test("on macOS, bash's file is the first that a login shell reads, and it shadows none", () => {
  const file = (...there: string[]) =>
    rcFile("bash", {
      ...system,
      os: "darwin",
      uid: 501,
      env: (name) => name === "HOME" ? "/Users/ann" : undefined,
      readTextFile: (path) => there.includes(path) ? "" : undefined,
    });
  assertEquals(file(), "/Users/ann/.bash_profile");
  assertEquals(file("/Users/ann/.profile"), "/Users/ann/.profile");
  assertEquals(file("/Users/ann/.profile", "/Users/ann/.bash_login"), "/Users/ann/.bash_login");
});

Deno.test("chains of symlinks through symlinked folders to a file that does not exist yet are kept", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("dotfiles/shell"), { recursive: true });
  await Deno.symlink("dotfiles/shell", sandbox.path("short"));
  await Deno.symlink("../bashrc", sandbox.path("dotfiles/shell/rc"));
  await Deno.symlink("short/rc", sandbox.path("rc"));
  assertEquals(putLine(sandbox.path("rc"), "line # sessionctl init"), "added");
  assertEquals(
    Deno.readTextFileSync(sandbox.path("dotfiles/bashrc")),
    "line # sessionctl init\n",
  );
  assertEquals(Deno.readLinkSync(sandbox.path("rc")), "short/rc");
  assertEquals(Deno.readLinkSync(sandbox.path("dotfiles/shell/rc")), "../bashrc");
});

Deno.test({
  name: "the hook is not written either if root may not change the dotfile",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using sandbox = await makeSandbox();
    await Deno.mkdir(sandbox.path("theirs"));
    await Deno.writeTextFile(sandbox.path("theirs/rc"), "a\n");
    await Deno.chown(sandbox.path("theirs"), 12345, 12345);
    await Deno.symlink(sandbox.path("theirs/rc"), sandbox.path("rc"));
    await Deno.mkdir(sandbox.path("bin"));
    await Deno.writeTextFile(sandbox.path("bin/sessionctl"), "", { mode: 0o755 });
    const { code, stderr } = await run(source, sandbox, {
      args: ["init", "bash", "--install", "--rc", sandbox.path("rc")],
      env: { PATH: sandbox.path("bin") },
    });
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, "belongs to another user (uid 12345)");
    assertEquals([...Deno.readDirSync(sandbox.path("home"))], []);
    assertEquals(Deno.readTextFileSync(sandbox.path("theirs/rc")), "a\n");
  },
});

Deno.test("links are removed only if they lead to a sessionctl", async () => {
  await using sandbox = await makeSandbox();
  await Deno.symlink("/old/sessionctl", sandbox.path("code"));
  await Deno.symlink("/opt/not-sessionctl", sandbox.path("sessionctl-edit"));
  const changes = removeLinks(sandbox.directory, "/usr/bin/sessionctl");
  assertEquals(changes.map(({ change }) => change), ["removed", "kept", "unchanged"]);
  assertEquals(Deno.readLinkSync(sandbox.path("sessionctl-edit")), "/opt/not-sessionctl");
});

Deno.test("a folder of links with a line break in its name adds no line to the hook", () => {
  const options = { program: "/s", start: false, code: false, editor: undefined };
  const text = (links: string) => hookText("bash", { ...options, browser: undefined, links });
  assertStringIncludes(text("/a b"), "\n# Links in: /a b\n");
  for (const links of ["/a\nreboot", "/a\rreboot"]) {
    assertEquals(text(links).includes("reboot"), false);
  }
});
