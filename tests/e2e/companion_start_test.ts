/** The time that the companion adds to the start of a window, by the editor's own clock. */
import { assert } from "@std/assert";
import { companionOf } from "./support/companion.ts";
import { EMPTY } from "./support/extension.ts";
import { eventually } from "./support/limits.ts";
import { scenario } from "./support/scenario.ts";
import type { World } from "./support/world.ts";

const STARTS = 5;
const LIMIT_MS = 20;
const COMPANION = "sessionctl.companion";
const EMPTY_ONE = "sessionctl-test.empty";

/**
 * Writes the marks that the editor sets as it loads and activates extensions. They are what
 * `Developer: Startup Performance` shows; the times of `Developer: Show Running Extensions` begin
 * earlier, with the first of all extensions that are activated together, and so include the others.
 */
const RECORDER = `
const fs = require("node:fs");
exports.activate = () => {
  const timer = setInterval(() => {
    const marks = globalThis.MonacoPerformanceMarks.getMarks();
    if (!marks.some(({ name }) => name === "code/extHost/didActivateExtension/${COMPANION}")) return;
    clearInterval(timer);
    fs.writeFileSync(process.env.HOME + "/marks.new", JSON.stringify(marks));
    fs.renameSync(process.env.HOME + "/marks.new", process.env.HOME + "/marks.json");
  }, 100);
};
`;

/** Time in milliseconds that the editor took to load and activate each extension. */
interface Start {
  readonly companion: number;
  readonly empty: number;
}

/** Opens a window on a folder of its own, reads the marks of its start, and closes it. */
async function startWindow(world: World, name: string): Promise<Start> {
  const folder = await world.folder(name, { "a.txt": "first line\n" });
  const file = world.sandbox.path("home", "marks.json");
  await Deno.remove(file).catch(() => {});
  const window = await world.openWindow(folder);
  await companionOf(world, folder);
  let text = "";
  await eventually("the marks of the start are there", async () => {
    text = await Deno.readTextFile(file).catch(() => "");
    return text !== "";
  });
  await window.close();
  const marks = JSON.parse(text) as { name: string; startTime: number }[];
  const at = (step: string, id: string) =>
    marks.find(({ name }) => name === `code/extHost/${step}/${id}`)!.startTime;
  const took = (id: string) =>
    at("didLoadExtensionCode", id) - at("willLoadExtensionCode", id) +
    at("didActivateExtension", id) - at("willActivateExtension", id);
  return { companion: took(COMPANION), empty: took(EMPTY_ONE) };
}

scenario(
  "the companion adds less than 20 ms to the start of a window",
  async ({ world }) => {
    const starts: Start[] = [];
    while (starts.length < STARTS) starts.push(await startWindow(world, `folder-${starts.length}`));
    const shown = starts.map(({ companion, empty }) => `${companion} (${empty})`).join(", ");
    console.log(`milliseconds of the companion (of an empty extension): ${shown}`);
    // The smallest times, because other processes can only increase them.
    const least = (times: readonly number[]) => Math.min(...times);
    const added = least(starts.map(({ companion }) => companion)) -
      least(starts.map(({ empty }) => empty));
    assert(added < LIMIT_MS, shown);
  },
  { companion: true, extensions: { [EMPTY_ONE]: EMPTY, "sessionctl-test.recorder": RECORDER } },
);
