import type { Bar, Figure } from "../lib/mod.ts";
import { contestants, type Scene } from "./contestants.ts";
import { OURS } from "./measure.ts";
import { memoryOfTree } from "./process_tree.ts";
import { freePort, load, loadCommand, startAll } from "./scene.ts";
import { IDLE, type Work } from "./workload.ts";

const PEER = "nginx stream";

/** Starts new servers, because earlier measurements left buffers in the running ones. */
export async function idleMemory(scene: Scene): Promise<Figure> {
  console.error("bench: idle connections");
  const cert = scene.anchor;
  const title = `Memory for each of ${IDLE.toLocaleString("en-US")} idle connections`;
  const bars: Bar[] = [];
  for (const one of await startAll(scene, contestants(scene, freePort).found)) {
    await load({ kind: "requests", ...one.where, cert, seconds: 0.2 });
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
  const of = (name: string) => bars.find(({ label }) => label === name)?.value;
  const [ours, nginx] = [of(OURS), of(PEER)];
  const target = { what: `${title}: against nginx`, bound: 1, sense: "at most", unit: "times" };
  return {
    title,
    unit: "kB",
    better: "lower",
    bars,
    targets: [{
      ...target,
      sense: "at most",
      ...(ours !== undefined && nginx !== undefined
        ? { value: ours / nginx }
        : { unmeasured: "nginx is not installed" }),
    }],
  };
}
