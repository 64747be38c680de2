import { assertEquals } from "@std/assert";
import { join, resolve } from "@std/path";
import { makeSandbox, type Sandbox } from "../support/mod.ts";

const root = resolve(import.meta.dirname!, "../..");
const SOURCES = ["main.ts", "deno.json", "deno.lock", "LICENSE", "src", "scripts", "extension"];

Deno.test({
  name: "the same sources give the same binary, wherever they lie",
  // Releases for all platforms are built on Linux.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const first = await compileCopy(sandbox, "here");
    const second = await compileCopy(sandbox, join("else", "where"));
    assertEquals(second, first);
  },
});

/** Compiles a copy of the sources; returns the binary's hash. */
async function compileCopy(sandbox: Sandbox, name: string): Promise<string> {
  const directory = sandbox.path(name);
  await Deno.mkdir(directory, { recursive: true });
  const copied = await new Deno.Command("cp", {
    args: ["-R", ...SOURCES.map((source) => join(root, source)), directory],
  }).output();
  assertEquals(copied.code, 0);
  // Uses the base runtimes that are already downloaded.
  await Deno.mkdir(join(root, ".deno"), { recursive: true });
  await Deno.symlink(join(root, ".deno"), join(directory, ".deno"));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "scripts/compile.ts", "--output", "dist/sessionctl"],
    cwd: directory,
    stdin: "null",
    stderr: "piped",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const binary = await Deno.readFile(join(directory, "dist", "sessionctl"));
  await Deno.remove(join(directory, "dist"), { recursive: true });
  return new Uint8Array(await crypto.subtle.digest("SHA-256", binary)).toHex();
}
