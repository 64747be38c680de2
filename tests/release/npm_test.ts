import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { compiled, makeSandbox, type Sandbox, writeExecutables } from "../support/mod.ts";
import { here, isInstalled, makeRelease, type Ran, runCommand, writeProgram } from "./support.ts";

/** The order in which they are created. */
const PACKAGES = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"];
const SHEBANG = "#!";

function test(name: string, body: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test({
    name: `the npm packages ${name}`,
    ignore: !isInstalled("npm"),
    async fn() {
      await using sandbox = await makeSandbox();
      await body(sandbox);
    },
  });
}

let small: Promise<Map<string, string>> | undefined;

/** Packages of a program that only prints its version, created once for all tests. */
async function smallPackages(): Promise<Map<string, string>> {
  small ??= (async () => {
    const sandbox = await makeSandbox();
    globalThis.addEventListener("unload", () => {
      Deno.removeSync(sandbox.directory, { recursive: true });
    });
    return await packed(sandbox, await writeProgram(sandbox.path("program")));
  })();
  return await small;
}

/** The packages' tarballs by their names. */
async function packed(sandbox: Sandbox, program: string): Promise<Map<string, string>> {
  const release = await makeRelease(sandbox, program, "npm");
  const files = [...Deno.readDirSync(join(release, "npm"))].map(({ name }) => name).sort();
  assertEquals(files.map((file) => file.replace(/-\d+\.\d+\.\d+.*$/, "")), [
    ...PACKAGES.map((name, index) => `${index + 1}-sessionctl-${name}`),
    "6-sessionctl-sessionctl",
  ]);
  const names = [...PACKAGES, "sessionctl"];
  return new Map(names.map((name, index) => [name, join(release, "npm", files[index]!)]));
}

/** Runs npm without network access, and without reading or writing the user's files. */
function npm(sandbox: Sandbox, args: readonly string[], cwd?: string): Promise<Ran> {
  const env = { npm_config_cache: sandbox.path("cache"), npm_config_update_notifier: "false" };
  const quiet = ["--offline", "--no-audit", "--no-fund"];
  return runCommand(sandbox, "npm", [...args, ...quiet], { env, cwd });
}

const install = (sandbox: Sandbox, prefix: string, ...args: string[]) =>
  npm(sandbox, ["install", "--global", "--prefix", prefix, ...args]);

const mainProgram = (prefix: string) =>
  join(prefix, "lib/node_modules/@sessionctl/sessionctl/bin/sessionctl.exe");

async function startOf(path: string): Promise<string> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(2);
  await file.read(bytes);
  return new TextDecoder().decode(bytes);
}

test("installing into an empty prefix starts the program itself", async (sandbox) => {
  const files = await packed(sandbox, compiled.command);
  const prefix = sandbox.path("prefix");
  const mine = files.get(`${here.os}-${here.cpu}`)!;
  const ran = await install(sandbox, prefix, files.get("sessionctl")!, mine);
  assertEquals(ran.code, 0, ran.stderr);
  const { ino } = await Deno.stat(mainProgram(prefix));
  assertEquals((await Deno.stat(join(prefix, "bin/sessionctl"))).ino, ino);
  const { size } = await Deno.stat(mainProgram(prefix));
  assertEquals(size, (await Deno.stat(compiled.command)).size);
  // PATH has no Node.
  const env = { PATH: "/nonexistent" };
  const program = join(prefix, "bin/sessionctl");
  const { stdout, stderr } = await runCommand(sandbox, program, ["path", "."], { env });
  assertMatch(stdout, /\/sessionctl\/ipc-[0-9a-f]{16}\.sock\n$/, stderr);
});

test("bring the platform's program alone, by os and cpu", async (sandbox) => {
  const files = await smallPackages();
  const project = sandbox.path("project");
  await Deno.mkdir(project);
  const overrides = Object.fromEntries(
    PACKAGES.map((name) => [`@sessionctl/${name}`, `file:${files.get(name)}`]),
  );
  const dependencies = { "@sessionctl/sessionctl": `file:${files.get("sessionctl")}` };
  await Deno.writeTextFile(
    join(project, "package.json"),
    JSON.stringify({ private: true, dependencies, overrides }),
  );
  const ran = await npm(sandbox, ["install"], project);
  assertEquals(ran.code, 0, ran.stderr);
  const modules = join(project, "node_modules");
  const names = [...Deno.readDirSync(join(modules, "@sessionctl"))].map(({ name }) => name);
  assertEquals(names.sort(), [`${here.os}-${here.cpu}`, "sessionctl"].sort());
  const { stdout } = await runCommand(sandbox, join(modules, ".bin/sessionctl"), ["--version"]);
  assertEquals(stdout, "sessionctl 0.1.0\n");
});

test("run without their install script, too", async (sandbox) => {
  const files = await smallPackages();
  const prefix = sandbox.path("prefix");
  const mine = files.get(`${here.os}-${here.cpu}`)!;
  await install(sandbox, prefix, "--ignore-scripts", files.get("sessionctl")!, mine);
  assertEquals(await startOf(mainProgram(prefix)), SHEBANG);
  const { stdout } = await runCommand(sandbox, join(prefix, "bin/sessionctl"), ["--version"]);
  assertEquals(stdout, "sessionctl 0.1.0\n");
});

test("a missing platform package is reported", async (sandbox) => {
  const files = await smallPackages();
  const prefix = sandbox.path("prefix");
  const ran = await install(sandbox, prefix, files.get("sessionctl")!);
  assertEquals(ran.code === 0, false);
  assertStringIncludes(ran.stderr, `@sessionctl/${here.os}-${here.cpu} is not installed`);
  await install(sandbox, prefix, "--ignore-scripts", files.get("sessionctl")!);
  const { code, stderr } = await runCommand(sandbox, join(prefix, "bin/sessionctl"), ["--version"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "the package of this platform");
});

test("refuse a program that does not run here", async (sandbox) => {
  const broken = sandbox.path("program");
  await writeExecutables({ [broken]: "#!/bin/sh\necho no such library >&2\nexit 127\n" });
  const files = await packed(sandbox, broken);
  const mine = files.get(`${here.os}-${here.cpu}`)!;
  const ran = await install(sandbox, sandbox.path("prefix"), files.get("sessionctl")!, mine);
  assertEquals(ran.code === 0, false);
  assertStringIncludes(ran.stderr, "does not run here: no such library");
});
