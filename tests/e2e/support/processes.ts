import type { Sandbox } from "../../support/mod.ts";

/**
 * The pid of the sandbox's code-server: the process that serves this data folder and
 * whose parent is not code-server as well.
 */
export function editorProcess(sandbox: Sandbox): number | undefined {
  const found = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    const words = readFile(`/proc/${name}/cmdline`).split("\0");
    if (!/node$/.test(words[0]!) || !words.includes(sandbox.path("data"))) continue;
    const parent = /^PPid:\s*([0-9]+)/m.exec(readFile(`/proc/${name}/status`))?.[1];
    found.set(Number(name), Number(parent));
  }
  return [...found].find(([, parent]) => !found.has(parent))?.[0];
}

/** Empty when the process has gone. */
function readFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
