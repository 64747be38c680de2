import { join } from "@std/path";
import { OUTPUT, RELEASES, type ScenarioRecord } from "../../../scripts/e2e/mod.ts";
import type { EditorOptions } from "./servers.ts";
import { World } from "./world.ts";

/** The arguments of a scenario. */
export interface Stage {
  readonly world: World;
  /** Takes a screenshot of a window for the report. */
  shot(window: { screenshot(path: string): Promise<void> }, caption: string): Promise<void>;
}

/** Options for starting a scenario's code-server. */
export interface ScenarioOptions extends EditorOptions {
  /** Whether the scenario needs the newest release, because the older one lacks its subject. */
  readonly newestOnly?: boolean;
}

/**
 * Registers a scenario for each release of code-server: a test with a world of its own, whose
 * outcome and screenshots go into the report.
 *
 * @param title The behaviour that it shows.
 */
export function scenario(
  title: string,
  body: (stage: Stage) => Promise<void>,
  options: ScenarioOptions = {},
): void {
  for (const { version } of options.newestOnly ? RELEASES.slice(-1) : RELEASES) {
    register(`${title} (code-server ${version})`, version, body, options);
  }
}

function register(
  title: string,
  version: string,
  body: (stage: Stage) => Promise<void>,
  options: EditorOptions,
): void {
  const name = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
  const record: ScenarioRecord = {
    title,
    registered: performance.timeOrigin + performance.now(),
    outcome: "not run",
    seconds: 0,
    shots: [],
  };
  save(name, record);
  // The browser's client keeps its own timers and streams, which outlive a scenario.
  const loose = { sanitizeOps: false, sanitizeResources: false };
  Deno.test({ name: title, ...loose, fn: () => play(name, record, version, body, options) });
}

async function play(
  name: string,
  record: ScenarioRecord,
  version: string,
  body: (stage: Stage) => Promise<void>,
  options: EditorOptions,
): Promise<void> {
  const started = performance.now();
  try {
    await using world = await World.start(version, options);
    const shot: Stage["shot"] = async (window, caption) => {
      const file = join("screenshots", `${name}-${record.shots.length + 1}.png`);
      await window.screenshot(join(OUTPUT, file));
      record.shots.push({ file, caption });
    };
    try {
      await body({ world, shot });
    } catch (error) {
      await showFailure(name, world, shot);
      throw error;
    }
    record.outcome = "passed";
  } catch (error) {
    record.outcome = "failed";
    record.error = error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    record.seconds = (performance.now() - started) / 1000;
    save(name, record);
  }
}

/** Takes a screenshot of every open window, and prints the servers' output. */
async function showFailure(name: string, world: World, shot: Stage["shot"]): Promise<void> {
  for (const window of world.windows.filter(({ page }) => !page.isClosed())) {
    await shot(window, "as it failed").catch((error) => console.error(String(error)));
  }
  const logs = join(OUTPUT, "logs");
  Deno.mkdirSync(logs, { recursive: true });
  Deno.writeTextFileSync(join(logs, `${name}.log`), world.log());
}

function save(name: string, record: ScenarioRecord): void {
  const directory = join(OUTPUT, "results");
  Deno.mkdirSync(directory, { recursive: true });
  Deno.writeTextFileSync(join(directory, `${name}.json`), JSON.stringify(record, null, 2));
}
