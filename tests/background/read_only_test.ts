/** The registry in the background when the home directory is read-only. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, type Program, run } from "../support/mod.ts";
import { backgroundOf } from "./support.ts";

const MOUNT = 'mount -t tmpfs -o ro tmpfs "$1" && shift && exec "$@"';

/** The beginning of a command line that sees a read-only file system at `directory`. */
const readOnly = (directory: string) => ["-Urm", "sh", "-c", MOUNT, "sh", directory];

function canMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  const directory = Deno.makeTempDirSync();
  try {
    const args = [...readOnly(directory), "true"];
    return new Deno.Command("unshare", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false; // unshare is not installed.
  } finally {
    Deno.removeSync(directory);
  }
}

const unshare: Program = { name: "compiled", command: "unshare", args: [] };

Deno.test({
  name: "serve --detach logs beside its socket when the home directory is read-only",
  ignore: !canMount(),
  async fn() {
    await using sandbox = await makeSandbox();
    const registry = backgroundOf(sandbox, compiled);
    const started = await run(unshare, sandbox, {
      args: [...readOnly(sandbox.env.HOME!), compiled.command, "serve", "--detach", "--no-state"],
      env: { SESSIONCTL_SOCKET: registry.socket },
    });
    assertEquals(started.code, 0, started.stderr);
    const log = registry.socket.replace(/\.sock$/, ".log");
    assertMatch(started.stderr, /Read-only file system; the log is .*registry\.log/);
    assertStringIncludes(Deno.readTextFileSync(log), "starting: sessionctl serve");
    const stopped = await registry.run("stop");
    assertEquals(stopped.code, 0, stopped.stderr);
  },
});

Deno.test({
  name: "a runtime directory on a read-only file system is skipped",
  ignore: !canMount(),
  async fn() {
    await using sandbox = await makeSandbox();
    const runtime = sandbox.path("ro");
    Deno.mkdirSync(runtime);
    const places = [`${runtime}/a/registry.sock`, sandbox.path("next/registry.sock")];
    const module = import.meta.resolve("../../src/background/mod.ts");
    const code = `import { usableSocket } from ${JSON.stringify(module)};
      console.log(usableSocket(${JSON.stringify(places)}));`;
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const { stdout, stderr } = await run(unshare, sandbox, {
      args: [...readOnly(runtime), Deno.execPath(), "eval", "--quiet", "--config", config, code],
    });
    assertEquals(stdout, `${places[1]}\n`, stderr);
  },
});
