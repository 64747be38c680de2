/**
 * Adds V8's code cache of the counted commands to a program's chunks. Without it, V8 parses their
 * code at each start and compiles each function before its first call, which is most of what `open`
 * takes beyond an empty program.
 *
 * V8 accepts a cache from the same version with the same flags only, so the program itself produces
 * it: compiled for this machine without a cache, it runs the commands, and V8 writes down what it
 * compiled. A program ignores a cache that its V8 rejects, and starts as if it had none.
 */
import { join } from "@std/path";
import { countedChunks } from "../bundle.ts";
import { readChunks, writeChunks, writeFixed } from "./files.ts";
import { CODE_CACHE, intoScript } from "./script.ts";
import { produceCodeCache, warmUpModule } from "./warm_up.ts";

const WARM_UP = "warm_up.js";

/**
 * Turns the chunks in `directory` into a program with a code cache.
 *
 * @param entry The name of the program's first file.
 * @param compile Compiles the program with the given first file; returns the path of the binary.
 * @throws {Error} if the commands cannot be compiled, or fail.
 */
export async function addCodeCache(
  directory: string,
  entry: string,
  compile: (entry: string) => Promise<string>,
): Promise<void> {
  const chunks = await readChunks(directory);
  const members = { entry, names: countedChunks(chunks, entry) };
  if (members.names.length === 0) return;
  await writeChunks(directory, intoScript(chunks, members, false));
  await writeChunks(directory, new Map([[WARM_UP, warmUpModule(entry)]]));
  const program = await compile(WARM_UP);
  await Deno.remove(join(directory, WARM_UP));
  const cache = await produceCodeCache(program);
  await Deno.remove(program);
  await writeChunks(directory, intoScript(chunks, members, true));
  await writeFixed(join(directory, CODE_CACHE), cache);
}
