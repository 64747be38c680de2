import { assertEquals, assertStringIncludes } from "@std/assert";
import { scenario } from "./support/scenario.ts";

scenario(
  "a window whose browser was killed gets no file while another window has the folder, and open says so",
  async ({ world, shot }) => {
    const folder = await world.folder("one", { "a.txt": "to be seen\n" });
    const window = await world.openWindow(folder);
    const ghost = await world.leaveGhost(folder);
    // The ghost registered last, and still answers everything that needs no page.
    const [latest] = await world.sessions();
    assertEquals([latest!.socketPath, latest!.liveness], [ghost.socketPath, "live"]);
    const { stderr } = await world.succeed(["open", "a.txt"], { cwd: folder });
    await window.shows("a.txt", "to be seen");
    assertStringIncludes(
      stderr,
      `the page of the window at ${ghost.socketPath} does not answer: another window is used`,
    );
    await shot(window, "the window that is left has the file");
  },
);
