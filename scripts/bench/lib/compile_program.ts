import { dirname, join, resolve } from "@std/path";

const root = resolve(import.meta.dirname!, "../../..");

/**
 * Compiles a program of a bench with the same script and options as the binary itself.
 *
 * The program's first file, relative to the repository.
 * @returns the binary's path.
 * @throws {Error} naming `name` if it cannot be compiled.
 */
export async function compileProgram(name: string, entry: string): Promise<string> {
  const output = join(root, ".deno", "bench", name);
  await Deno.mkdir(dirname(output), { recursive: true });
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", join(root, "scripts", "compile.ts"), "--if-changed"],
      ...["--entry", entry, "--output", output],
    ],
    cwd: root,
  }).output();
  if (!success) throw new Error(`${name} could not be compiled`);
  return output;
}
