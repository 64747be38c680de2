import { join } from "@std/path";
import type { Chunks } from "./chunks.ts";

/** The files' times become part of the binary. */
const EPOCH = new Date("2000-01-01T00:00:00Z");

/** The texts of the files in a directory, by name. */
export async function readChunks(directory: string): Promise<Map<string, string>> {
  const chunks = new Map<string, string>();
  for await (const { name } of Deno.readDir(directory)) {
    chunks.set(name, await Deno.readTextFile(join(directory, name)));
  }
  return chunks;
}

/** Writes files with times that do not depend on when the program is built. */
export async function writeChunks(directory: string, chunks: Chunks): Promise<void> {
  for (const [name, text] of chunks) {
    await writeFixed(join(directory, name), new TextEncoder().encode(text));
  }
}

/** Writes one file of the program with the same time in each build. */
export async function writeFixed(path: string, content: Uint8Array): Promise<void> {
  await Deno.writeFile(path, content);
  await Deno.utime(path, EPOCH, EPOCH);
}
