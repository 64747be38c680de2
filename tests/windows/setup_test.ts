import { assertEquals, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox } from "../support/mod.ts";
import { sessionctl, startRegistry, testOnWindows } from "./support.ts";

testOnWindows("config --init writes a file under APPDATA, which later calls read", async () => {
  await using sandbox = await makeSandbox();
  const made = await sessionctl(sandbox, ["config", "--init"]);
  const path = `${sandbox.env.APPDATA}\\sessionctl\\config.jsonc`;
  assertEquals(made.stdout.trim(), path, made.stderr);
  await Deno.writeTextFile(path, '{ "open": { "launch": "echo hello" } }');
  const shown = await sessionctl(sandbox, ["config", "--json"]);
  assertEquals(shown.code, 0, shown.stderr);
  assertStringIncludes(shown.stdout, "echo hello");
});

testOnWindows(
  "commands that need Unix sockets or signals are refused with an explanation",
  async () => {
    await using sandbox = await makeSandbox();
    const commands = [
      ["relay", "--listen", "127.0.0.1:8443", "--self-signed", "--session", "."],
      ["run", "--", "cmd"],
      ["serve", "--supervise"],
      ["service", "install"],
      ["serve", "--fleet", "https://127.0.0.1:2379"],
      ["fleet", "status"],
      ["fleet", "check"],
      ["ssh", "hostb"],
      ["init", "--ssh", "hostb"],
      ["init", "bash"],
      ["init", "powershell", "--link", "."],
    ];
    for (const args of commands) {
      const { code, stderr } = await sessionctl(sandbox, args);
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, "is not available on Windows");
    }
  },
);

testOnWindows("commands that need no Unix sockets work, or name what is missing", async () => {
  await using sandbox = await makeSandbox();
  await startRegistry(sandbox);
  const cases: [args: string[], code: number, text: string][] = [
    [["fleet", "init", "--person", "ann", "hosta"], 0, "etcdctl"],
    [["where"], 1, "no window"],
    [["companion", "status"], 0, ""],
    [["list", "--all"], 0, ""],
    [["env", "--strict"], 1, "Remove-Item Env:"],
    [["prune", "--files", "--dry-run"], 0, ""],
    [["init", "powershell"], 0, "Register-ArgumentCompleter"],
    [["completions", "powershell"], 0, "Register-ArgumentCompleter"],
    [["init", "powershell", "--install"], 2, "--rc $PROFILE"],
    [["init", "--uninstall"], 0, "nothing was installed"],
  ];
  for (const [args, code, text] of cases) {
    const result = await sessionctl(sandbox, args);
    assertEquals(result.code, code, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
    assertStringIncludes(result.stdout + result.stderr, text, args.join(" "));
  }
});

testOnWindows(
  "init powershell --install writes the hook, its line, and takes both away",
  async () => {
    await using sandbox = await makeSandbox();
    const profile = sandbox.path("docs", "Microsoft.PowerShell_profile.ps1");
    const hook = `${sandbox.env.LOCALAPPDATA}\\sessionctl\\init.ps1`;
    const options = ["--install", "--code", "--editor", "--rc", profile];
    const installed = await sessionctl(sandbox, ["init", "powershell", ...options]);
    assertEquals(installed.code, 0, installed.stderr);
    const line = "if (Test-Path -LiteralPath ($env:LOCALAPPDATA + '\\sessionctl\\init.ps1'))";
    assertStringIncludes(await Deno.readTextFile(profile), line);
    const text = await Deno.readTextFile(hook);
    assertStringIncludes(text, `${compiled.command}' open @args`);
    assertStringIncludes(
      text,
      `$env:EDITOR = '${compiled.command.replaceAll("\\", "/")} open --wait'`,
    );
    const doctor = await sessionctl(sandbox, ["doctor"]);
    assertStringIncludes(doctor.stdout, "has the hook");
    const removed = await sessionctl(sandbox, ["init", "--uninstall"]);
    assertStringIncludes(removed.stderr, `removed the hook: ${hook}`);
    assertEquals(await Deno.readTextFile(profile), "");
  },
);

testOnWindows("doctor finds no problem with a running registry", async () => {
  await using sandbox = await makeSandbox();
  const pipe = await startRegistry(sandbox);
  const { code, stdout } = await sessionctl(sandbox, ["doctor", "--json"]);
  assertEquals(code, 0, stdout);
  assertStringIncludes(stdout, JSON.stringify(pipe).slice(1, -1));
});
