import type { Bar, Figure } from "../lib/mod.ts";
import { contestants, type Scene } from "./contestants.ts";
import { memoryOfTree } from "./process_tree.ts";
import { freePort, load, loadCommand, startAll } from "./scene.ts";
import { targetsOf } from "./targets.ts";
import { IDLE, type Work } from "./workload.ts";

/** The minimal relay gets buffers as small as ours are while a connection is idle. */
const BUFFER_BYTES = 2 * 1024;

/** Starts new servers, because earlier measurements left buffers in the running ones. */
export async function idleMemory(scene: Scene): Promise<Figure> {
  console.error("bench: idle connections");
  const cert = scene.anchor;
  const title = `Memory for each of ${IDLE.toLocaleString("en-US")} idle connections`;
  const bars: Bar[] = [];
  const { found } = contestants(scene, freePort, { bufferBytes: BUFFER_BYTES });
  for (const one of await startAll(scene, found)) {
    // The memory that a runtime's heap takes for any number of connections does not count.
    await load({ kind: "connections", ...one.where, cert, seconds: 2 });
    const before = await memoryOfTree(one.server.pid);
    const work: Work = { kind: "idle", ...one.where, cert, seconds: 0 };
    const holder = loadCommand(work, { stdin: "piped", stdout: "piped", stderr: "null" }).spawn();
    const reader = holder.stdout.getReader();
    const { done } = await reader.read();
    const grown = (await memoryOfTree(one.server.pid) - before) / IDLE / 1024;
    await holder.stdin.close();
    await reader.cancel();
    await holder.status;
    await one.server.stop();
    if (!done) bars.push({ label: one.name, value: grown, ours: one.ours });
  }
  const figure = { title, unit: "kB", better: "lower" as const, bars };
  return { ...figure, targets: targetsOf(figure) };
}
