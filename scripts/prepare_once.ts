import { dirname, join } from "@std/path";

/** Inside a prepared directory: what it was prepared from. */
const MARKER = "prepared.txt";

/**
 * Prepares a directory once: made beside its place and renamed, so that a run that was
 * interrupted leaves nothing that looks ready. Made again when `recipe` is another.
 *
 * @param home The directory.
 * @param recipe Everything that decides what is in it.
 * @param make Fills the directory it is given.
 * @returns whether it had to be made.
 * @throws whatever `make` throws.
 */
export async function prepareOnce(
  home: string,
  recipe: string,
  make: (directory: string) => Promise<void>,
): Promise<boolean> {
  if (await Deno.readTextFile(join(home, MARKER)).catch(() => "") === recipe) return false;
  await Deno.mkdir(dirname(home), { recursive: true });
  const fresh = await Deno.makeTempDir({ dir: dirname(home), prefix: "preparing-" });
  try {
    await make(fresh);
    await Deno.writeTextFile(join(fresh, MARKER), recipe);
    await Deno.remove(home, { recursive: true }).catch(() => {});
    await Deno.rename(fresh, home);
  } catch (error) {
    await Deno.remove(fresh, { recursive: true }).catch(() => {});
    throw error;
  }
  return true;
}
