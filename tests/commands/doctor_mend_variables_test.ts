import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { compiled, makeSandbox, startEditor, until } from "../support/mod.ts";
import { startServer } from "../registry/serve_support.ts";
import { doctor, type Finding, healthyPlace, mended, shell } from "./doctor_support.ts";

for (
  const [name, value, says] of [
    ["VSCODE_IPC_HOOK_CLI", "/nowhere/vscode-ipc-a.sock", "is stale: no process listens there"],
    ["CODE_SERVER_SESSION_SOCKET", "/nowhere/ipc.sock", "is stale"],
    ["SESSIONCTL_LAUNCH", "no-such-editor --wait", "names a command that does not exist"],
  ] as const
) {
  Deno.test(`doctor reports that ${name} ${says}, and its fix works`, async () => {
    await using sandbox = await makeSandbox();
    await healthyPlace(sandbox);
    const problem = await mended(sandbox, { [name]: value });
    assertStringIncludes(problem.text, `${name} ${says}`);
    assertEquals(problem.fix, `unset ${name}`);
    const fish = await doctor(sandbox, { [name]: value, SHELL: "/usr/bin/fish" });
    assertEquals(fish.problems[0]!.fix, `set -e ${name}`);
    const csh = await doctor(sandbox, { [name]: value, SHELL: "/bin/tcsh" });
    assertEquals(csh.problems[0]!.fix, `unsetenv ${name}`);
  });
}

Deno.test("a hung window is a problem of the variable that names it", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  const editor = await startEditor(sandbox, { behaviour: "hang" });
  const problem = await mended(sandbox, { VSCODE_IPC_HOOK_CLI: editor.socketPath });
  assertStringIncludes(problem.text, "VSCODE_IPC_HOOK_CLI does not answer");
});

Deno.test({
  name: "doctor's fix repairs a missing runtime directory",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const { socket } = await startServer(sandbox);
    const env = { XDG_RUNTIME_DIR: sandbox.path("gone"), SESSIONCTL_SOCKET: socket };
    const problem = await mended(sandbox, env);
    assertStringIncludes(problem.text, "XDG_RUNTIME_DIR does not exist");
  },
});

Deno.test({
  name: "doctor checks the shell's hook, and its fix keeps the options of its installation",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using sandbox = await makeSandbox();
    await healthyPlace(sandbox);
    const env = { SHELL: "/bin/bash" };
    const shellFinding = async () =>
      (await doctor(sandbox, env)).findings.find(({ text }) => text.includes(".bashrc"))!;
    const missing = await shellFinding();
    assertEquals([missing.severity, missing.fix], ["note", "sessionctl init bash --install"]);
    await shell(sandbox, env, `${missing.fix} --code --browser --link ${sandbox.path("bin")}`);
    assertEquals((await shellFinding()).severity, "ok");

    const hook = sandbox.path("home/.local/share/sessionctl/init.bash");
    const text = await Deno.readTextFile(hook);
    const gone = text.replaceAll(/-x '[^']*'/g, "-x '/gone/it'\\''s/sessionctl'");
    await Deno.writeTextFile(hook, gone);
    const moved = await mended(sandbox, env);
    assertStringIncludes(moved.text, "names a program that does not exist: /gone/it's/sessionctl");
    assertEquals(await Deno.readTextFile(hook), text);

    await Deno.remove(hook);
    assertStringIncludes((await mended(sandbox, env)).text, "which cannot be read");
  },
});

Deno.test({
  name: "doctor's fix repairs a stale variable that a real tmux passes to every pane",
  ignore: Deno.build.os === "windows" || !(await hasTmux()),
  async fn() {
    await using sandbox = await makeSandbox();
    await healthyPlace(sandbox);
    const tmux = async (...args: string[]) => {
      const { success, stderr } = await new Deno.Command("tmux", {
        args: ["-S", sandbox.path("tmux.sock"), "-f", "/dev/null", ...args],
        env: {
          ...sandbox.env,
          PATH: `${dirname(compiled.command)}:${sandbox.env.PATH}`,
          SHELL: "/bin/bash",
          VSCODE_IPC_HOOK_CLI: "/nowhere/vscode-ipc-a.sock",
        },
        clearEnv: true,
        stdin: "null",
      }).output();
      assert(success, new TextDecoder().decode(stderr));
    };
    const found = async (name: string): Promise<Finding[]> => {
      const path = sandbox.path(name);
      await until(`${name} is written`, () => existsSync(`${path}.done`), 30_000);
      return JSON.parse(await Deno.readTextFile(path)).checks
        .flatMap(({ findings }: { findings: Finding[] }) => findings)
        .filter(({ severity, text }: Finding) => severity === "problem" && /HOOK_CLI/.test(text));
    };
    const look = (name: string) =>
      `sessionctl doctor --json >'${sandbox.path(name)}'; touch '${sandbox.path(name)}.done'`;
    // The server ends with its last session.
    await tmux("new-session", "-d", "sleep 120");
    sandbox.defer(() => tmux("kill-server"));
    await tmux("new-session", "-d", look("first"));
    const [stale] = await found("first");
    assert(stale, "the pane should have the stale variable");
    await tmux("new-session", "-d", `${stale.fix}; ${look("second")}`);
    assertEquals(await found("second"), []);
    await tmux("new-session", "-d", look("third"));
    assertEquals(await found("third"), [], "a new pane should no longer have it");
  },
});

async function hasTmux(): Promise<boolean> {
  try {
    return (await new Deno.Command("tmux", { args: ["-V"] }).output()).success;
  } catch {
    return false;
  }
}

function existsSync(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}
