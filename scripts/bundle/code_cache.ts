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
import { countedChunks, lateChunks } from "../bundle.ts";
import { readChunks, writeChunks, writeFixed } from "./files.ts";
import { CODE_CACHE, intoScript, LATE_CODE_CACHE, LATE_SCRIPT, SCRIPT } from "./script.ts";
import { produceCodeCaches, warmUpModule } from "./warm_up.ts";

const WARM_UP = "warm_up.js";

/** The program that runs the commands. */
interface WarmUp {
  /** Its path. */
  readonly program: string;
  /** Whether its runtime loads a script with a cache faster than it compiles modules. */
  readonly pays: boolean;
}

/**
 * Turns the chunks in `directory` into a program with a code cache, unless the cache would cost the
 * base runtime more than it saves.
 *
 * @param entry The name of the program's first file.
 * @param compile Compiles the program with the given first file.
 * @throws {Error} if the commands cannot be compiled, or fail.
 */
export async function addCodeCache(
  directory: string,
  entry: string,
  compile: (entry: string) => Promise<WarmUp>,
): Promise<void> {
  const chunks = await readChunks(directory);
  const names = countedChunks(chunks, entry);
  if (names.length === 0) return;
  const members = { entry, names, late: lateChunks(chunks, [entry, ...names]) };
  await writeChunks(directory, intoScript(chunks, members, false));
  await writeChunks(directory, new Map([[WARM_UP, warmUpModule(entry)]]));
  const { program, pays } = await compile(WARM_UP);
  await Deno.remove(join(directory, WARM_UP));
  if (!pays) {
    await Deno.remove(program);
    for (const script of [SCRIPT, LATE_SCRIPT]) await Deno.remove(join(directory, script));
    return await writeChunks(directory, chunks);
  }
  const caches = await produceCodeCaches(program);
  await Deno.remove(program);
  await writeChunks(directory, intoScript(chunks, members, true));
  await writeFixed(join(directory, CODE_CACHE), caches.first);
  await writeFixed(join(directory, LATE_CODE_CACHE), caches.late);
}
