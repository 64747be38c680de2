import { assertEquals } from "@std/assert";
import { scenario } from "./support/scenario.ts";

const LINES = "first line\nsecond line\nthird line\nfourth line\n";

scenario("open a.txt:3:2 shows the tab with the cursor there", async ({ world, shot }) => {
  const folder = await world.folder("one", { "a.txt": LINES });
  const window = await world.openWindow(folder);
  await world.succeed(["open", "a.txt:3:2"], { cwd: folder });
  await window.showsTab("a.txt");
  await window.showsText("third line");
  await window.showsCursorAt(3, 2);
  await shot(window, "a.txt, its cursor on line 3, column 2");
  assertEquals(await window.tabs(), ["a.txt"]);
});
