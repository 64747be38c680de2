/**
 * A terminal of an editor installed as a snap has one revision's directories in its environment.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { hookFile, rcFile } from "../../src/shell/mod.ts";
import { configFilePath, stateFilePath, system } from "../../src/platform/mod.ts";
import { doctor, healthyPlace, mended } from "../commands/doctor_support.ts";
import { compiled, exists, makeSandbox, run, type Sandbox } from "../support/mod.ts";

const unix = { ignore: Deno.build.os === "windows" };

/** The variables that snaps set, for the revision 181 of `code`. */
function snapVariables(sandbox: Sandbox): Record<string, string> {
  const revision = sandbox.path("home/snap/code/181");
  return {
    XDG_DATA_HOME: `${revision}/.local/share`,
    XDG_CONFIG_HOME: `${revision}/.config`,
    XDG_STATE_HOME: `${revision}/.local/state`,
    SNAP_USER_DATA: revision,
  };
}

Deno.test({
  ...unix,
  name: "no revision's directory holds a hook, state or settings, or is named in a dotfile",
  async fn() {
    await using sandbox = await makeSandbox();
    const env = snapVariables(sandbox);
    for (const shell of ["bash", "zsh", "fish"]) {
      const args = ["init", shell, "--install"];
      const { code, stderr } = await run(compiled, sandbox, { args, env });
      assertEquals(code, 0, stderr);
      assertEquals(stderr.includes("/snap/"), false, stderr);
    }
    for (const file of [".bashrc", ".zshrc", ".config/fish/config.fish"]) {
      const text = await Deno.readTextFile(sandbox.path("home", file));
      assertStringIncludes(text, "/.local/share/sessionctl/init.");
      assertEquals(text.includes("/snap/"), false, text);
    }
    assertEquals(exists(sandbox.path("home/snap")), false);
    const context = { ...system, env: (name: string) => ({ ...sandbox.env, ...env })[name] };
    const paths = [stateFilePath(context), configFilePath(context)!, hookFile("zsh", context)];
    for (const path of [...paths, rcFile("fish", context)]) {
      assertEquals(path.includes("/snap/"), false, path);
    }
  },
});

Deno.test("a directory that only resembles a snap's is used as given", () => {
  for (
    const data of ["/home/ann/snap/code/common/data", "/srv/snap/181", "/snapshots/code/181/x"]
  ) {
    const env: Record<string, string> = { HOME: "/home/ann", XDG_DATA_HOME: data };
    const context = { ...system, os: "linux" as const, env: (name: string) => env[name] };
    assertEquals(hookFile("bash", context), `${data}/sessionctl/init.bash`);
  }
});

Deno.test({
  ...unix,
  name: "doctor reports once that the line sources a revision's hook, and repairs it",
  async fn() {
    await using sandbox = await makeSandbox();
    await healthyPlace(sandbox);
    const rc = sandbox.path("home/.bashrc");
    const old = '"${HOME-}"/snap/code/180/.local/share/sessionctl/init.bash';
    await Deno.writeTextFile(rc, `if [ -r ${old} ]; then . ${old}; fi # sessionctl init\n`);
    const env = { SHELL: "/bin/bash" };
    const { findings } = await doctor(sandbox, env);
    const about = findings.filter(({ severity, text }) => severity !== "ok" && /hook/.test(text));
    assertEquals(about.map(({ severity }) => severity), ["problem"]);
    const gone = sandbox.path("home/snap/code/180/.local/share/sessionctl/init.bash");
    assertStringIncludes(about[0]!.text, `${rc} sources ${gone}`);
    assertEquals((await mended(sandbox, env)).text, about[0]!.text);
    assertEquals((await Deno.readTextFile(rc)).includes("snap"), false);
  },
});

Deno.test({
  ...unix,
  name: "doctor reports once that there is no hook",
  async fn() {
    await using sandbox = await makeSandbox();
    await healthyPlace(sandbox);
    const { findings } = await doctor(sandbox, { SHELL: "/bin/bash" });
    const about = findings.filter(({ text, fix }) => /hook/.test(text + fix));
    assertEquals(about.map(({ fix }) => fix), ["sessionctl init bash --install"]);
  },
});
