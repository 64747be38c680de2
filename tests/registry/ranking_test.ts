/** Which session ranks first for a path. */
import { assertEquals } from "@std/assert";
import { RankingIndex } from "../../src/registry/index/ranking.ts";
import { toSession } from "../../src/registry/session.ts";
import { makeSandbox, seeded, startEditor } from "../support/mod.ts";
import { startTestRegistry } from "./http_support.ts";
import { leaveDeadSocket } from "./serve_support.ts";

/** Creates an index of sessions `/1.sock`, `/2.sock`, ..., registered in this order. */
function indexOf(...folders: string[][]): RankingIndex {
  const index = new RankingIndex();
  for (const [i, folder] of folders.entries()) {
    index.add(toSession({ socketPath: `/${i + 1}.sock`, workspace: { folders: folder } }, i));
  }
  return index;
}

function ranked(index: RankingIndex, path: string): string {
  return [...index.candidates(path)]
    .map(({ session, folder }) => session.socketPath[1] + (folder === null ? "" : "!"))
    .join(" ");
}

Deno.test("the deepest folder ranks first, then the latest registration, then the rest by recency", () => {
  const index = indexOf(["/x/a"], ["/x/a/b"], ["/x/a"], ["/x/other"], ["/x"], []);
  assertEquals(ranked(index, "/x/a/b/c.ts"), "2! 3! 1! 5! 6 4");
  assertEquals(ranked(index, "/x/a/c.ts"), "3! 1! 5! 6 4 2");
  assertEquals(ranked(index, "/nowhere"), "6 5 4 3 2 1");
});

Deno.test("a session that registers again is the most recent, with its new folders", () => {
  const index = indexOf(["/x"], ["/x"]);
  index.add(toSession({ socketPath: "/1.sock", workspace: { folders: ["/x", "/y"] } }, 9));
  assertEquals(ranked(index, "/x/c"), "1! 2!");
  index.add(toSession({ socketPath: "/1.sock" }, 10));
  assertEquals(ranked(index, "/x/c"), "2! 1");
  assertEquals([...index.matching("/y/c")], []);
});

Deno.test("a folder holds itself and whole segments below it, and nothing else", () => {
  const index = indexOf(["/a/b"], ["/"]);
  assertEquals(ranked(index, "/a/b"), "1! 2!");
  assertEquals(ranked(index, "/a/b/"), "1! 2!");
  assertEquals(ranked(index, "/a/b/c"), "1! 2!");
  assertEquals(ranked(index, "/a/bc"), "2! 1");
  assertEquals(ranked(index, "/a"), "2! 1");
  assertEquals(ranked(index, "/a/b/../bc"), "2! 1");
});

Deno.test("of a window's several folders, the deepest that holds the path counts", () => {
  const index = indexOf(["/x", "/x/a/b"], ["/x/a"]);
  assertEquals(ranked(index, "/x/a/b/c"), "1! 2!");
  assertEquals(ranked(index, "/x/a/c"), "2! 1!");
});

Deno.test("a trailing :line or :line:column is not part of the path", () => {
  const index = indexOf(["/x/a"], ["/x"]);
  for (const position of ["", ":12", ":12:3"]) {
    assertEquals(ranked(index, `/x/a/f.ts${position}`), "1! 2!");
    assertEquals(ranked(index, `/x/a${position}`), "1! 2!");
  }
  assertEquals(ranked(index, "/x/a:b/f.ts"), "2! 1");
});

Deno.test("symlinks are resolved on both sides, also for files that do not exist yet", async () => {
  await using sandbox = await makeSandbox();
  const real = sandbox.path("real");
  const link = sandbox.path("link");
  await Deno.mkdir(`${real}/sub`, { recursive: true });
  await Deno.symlink(real, link);
  const byReal = indexOf([real], []);
  const byLink = indexOf([link], []);
  for (const index of [byReal, byLink]) {
    for (const base of [real, link]) {
      assertEquals(ranked(index, `${base}/sub`), "1! 2");
      assertEquals(ranked(index, `${base}/new/file.ts:3`), "1! 2");
    }
  }
});

Deno.test("the deepest folder counts, whether it holds the path as written or the real path", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("real"));
  await Deno.mkdir(sandbox.path("far", "down", "here"), { recursive: true });
  await Deno.symlink(sandbox.path("real"), sandbox.path("far/down/here/link"));
  const path = sandbox.path("far/down/here/link/f.ts");
  const [real, written] = [sandbox.path("real"), sandbox.path("far/down/here")];
  assertEquals(ranked(indexOf([real], [written]), path), "2! 1!");
  assertEquals(ranked(indexOf([written], [real]), path), "1! 2!");
});

Deno.test("a file that is a symlink counts as its target, also with a position suffix", async () => {
  await using sandbox = await makeSandbox();
  for (const name of ["a", "b"]) await Deno.mkdir(sandbox.path(name));
  await Deno.writeTextFile(sandbox.path("b", "real.ts"), "");
  await Deno.symlink(sandbox.path("b", "real.ts"), sandbox.path("a", "link.ts"));
  const index = indexOf([sandbox.path("b")], []);
  assertEquals(ranked(index, sandbox.path("a", "link.ts")), "1! 2");
  assertEquals(ranked(index, sandbox.path("a", "link.ts:7:1")), "1! 2");
});

Deno.test("'..' after a symlink leads where the kernel resolves it", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("deep", "inner"), { recursive: true });
  await Deno.symlink(sandbox.path("deep", "inner"), sandbox.path("link"));
  const index = indexOf([sandbox.path("deep")], []);
  assertEquals(ranked(index, `${sandbox.path("link")}/../new.ts`), "1! 2");
});

Deno.test("the index agrees with a plain sort, for any folders and any order of changes", () => {
  const seed = Number(Deno.env.get("FUZZ_SEED") ?? 20240602);
  const random = seeded(seed);
  const pick = (count: number) => Math.floor(random() * count);
  // No real folder, so nothing of the path is resolved.
  const path = () =>
    "/nowhere" + Array.from({ length: pick(5) }, () => `/${"ab"[pick(2)]}${"c".repeat(pick(2))}`)
      .join("");
  const holds = (folder: string, path: string) => path === folder || path.startsWith(`${folder}/`);
  const index = new RankingIndex();
  let model: { socketPath: string; folders: string[] }[] = [];
  for (let step = 0; step < 1500; step++) {
    const socketPath = `/${pick(12)}.sock`;
    model = model.filter((session) => session.socketPath !== socketPath);
    if (pick(4) === 0) {
      index.delete(socketPath);
    } else {
      const folders = Array.from({ length: pick(4) }, path);
      model.unshift({ socketPath, folders });
      index.add(toSession({ socketPath, workspace: { folders } }, step));
    }
    const asked = path();
    const depth = ({ folders }: { folders: string[] }) =>
      Math.max(
        -1,
        ...folders.filter((folder) => holds(folder, asked)).map((folder) => folder.length),
      );
    // Sorting is stable: equally deep sessions stay in order of recency.
    const expected = [...model].sort((a, b) => depth(b) - depth(a)).map((s) => s.socketPath);
    const found = [...index.candidates(asked)].map(({ session }) => session.socketPath);
    assertEquals(found, expected, `seed ${seed}, step ${step}, ${asked}`);
    assertEquals(index.size, model.length);
  }
});

Deno.test("dead sessions are pruned, and unresponsive ones rank last", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const live = await startEditor(sandbox);
  const hung = await startEditor(sandbox, { behaviour: "hang" });
  const dead = sandbox.path("dead.sock");
  leaveDeadSocket(dead);
  const gone = sandbox.path("gone.sock");
  await registry.add(live.socketPath, "/w");
  for (const socketPath of [hung.socketPath, dead, gone]) {
    await registry.add(socketPath, "/w/deeper");
  }
  const { json } = await registry.ask("/v1/candidates?filePath=/w/deeper/a.ts");
  const { candidates } = json as {
    candidates: { session: { socketPath: string }; folder: string; liveness: string }[];
  };
  assertEquals(
    candidates.map(({ session, folder, liveness }) => [
      session.socketPath,
      folder,
      liveness,
    ]),
    [
      [live.socketPath, "/w", "live"],
      [hung.socketPath, "/w/deeper", "unresponsive"],
    ],
  );
  assertEquals(await registry.find("/w/deeper/a.ts"), live.socketPath);
  assertEquals((await registry.sessions()).length, 2);
});
