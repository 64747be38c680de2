import { dirname, join } from "@std/path";

/** The file inside a prepared directory that contains its recipe. */
const MARKER = "prepared.txt";

/**
 * Prepares a directory once. It is created under a temporary name and then renamed, so that an
 * interrupted run leaves nothing that looks complete. A different `recipe` creates it again.
 *
 * @param home The directory.
 * @param recipe Everything that determines its contents.
 * @param make Fills the given directory.
 * @returns whether it had to be created.
 * @throws the errors of `make`.
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
