import { assertEquals } from "@std/assert";
import { followWay } from "../../src/platform/way.ts";
import { makeSandbox, seeded } from "../support/mod.ts";

const ROUNDS = 40;
const PATHS = 50;

/** The file at which a path ends, as device and inode, or the error's name. */
function endOf(look: () => Deno.FileInfo): string {
  try {
    const { dev, ino } = look();
    return `${dev}:${ino}`;
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "missing" : (error as Error).name;
  }
}

Deno.test({
  name: "a walk through folders, symlinks and dots ends where the kernel's does",
  ignore: Deno.build.os === "windows",
  async fn() {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = seeded(seed);
      const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!;
      await using sandbox = await makeSandbox();
      const root = sandbox.path("root");
      const folders = [root];
      await Deno.mkdir(root);
      const parts = () => Array.from({ length: 1 + random() * 4 }, () => pick(NAMES));
      // Ends in a name, so that the last entry on the way is the path's target.
      const anyPath = () =>
        [...random() < 0.5 ? [pick(folders)] : [], ...parts(), pick(NAMES.slice(2))].join("/");
      for (let made = 0; made < 12; made++) {
        const path = `${pick(folders)}/${pick(NAMES.slice(2))}`;
        try {
          if (random() < 0.5) {
            await Deno.mkdir(path);
            folders.push(path);
          } else await Deno.symlink(anyPath(), path);
        } catch (error) {
          if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
        }
      }
      // In sticky folders, the walk reports every entry on the way.
      for (const folder of folders) await Deno.chmod(folder, 0o1777);
      for (let tried = 0; tried < PATHS; tried++) {
        const path = `${root}/${parts().join("/")}/a`;
        const expected = endOf(() => Deno.statSync(path));
        const actual = endOf(() => {
          const { sticky, culprit } = followWay(path, () => true, 0o002);
          if (culprit) throw new Deno.errors.FilesystemLoop();
          return sticky.findLast(({ info }) => !info.isSymlink)!.info;
        });
        assertEquals(actual, expected, `seed ${seed}: ${path}`);
      }
    }
  },
});

const NAMES = [".", "..", "a", "b", "c", "d"];
