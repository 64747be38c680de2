/** A real code-server as the window at home, and a machine that is linked to it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { askLink, deliveryOf, makeLink } from "../links/support.ts";
import { scenario } from "./support/scenario.ts";

scenario(
  "over a link, a file that code-server has on this machine is refused in words",
  async ({ world, shot }) => {
    const folder = await world.folder("one", { "a.txt": "first\n" });
    const window = await world.openWindow(folder);
    const socket = world.sandbox.path("run", "sessionctl", "registry.sock");
    const { socketPath } = await makeLink(socket, "hostb", "ssh-remote+hostb");
    // As `open` on the linked machine asks, for a folder with the same path there.
    const paths = [window.file("a.txt")];
    const found = await askLink(socketPath, "/v1/find", { version: 1, paths });
    assertEquals([found.answer, found.window], ["found", null]);
    const refused = await askLink(socketPath, "/v1/deliveries", deliveryOf(paths));
    assertEquals([refused.answer, refused.reason], ["refused", "no-window"]);
    assertStringIncludes(String(refused.message), "can show hostb");
    await world.succeed(["open", "a.txt"], { cwd: folder });
    await window.showsTab("a.txt");
    assertEquals(await window.tabs(), ["a.txt"]);
    await shot(window, "a.txt, which this machine opened; the linked machine opened nothing");
  },
);
