import { assertEquals } from "@std/assert";
import { OutputProcess } from "../../src/supervisor/output_process.ts";

Deno.test("a parent that was blocked after its child's end still reads all output available by then", async () => {
  const lines: string[] = [];
  const script = "echo first; (sleep 0.1; echo late; echo last) & exit 0";
  const child = new OutputProcess({
    command: "/bin/sh",
    args: ["-c", script],
    env: { PATH: "/usr/bin:/bin" },
    onLine: (_stream, line) => void lines.push(new TextDecoder().decode(line)),
  });
  await child.exited;
  await new Promise((resolve) => setTimeout(resolve, 0));
  // Blocks this thread, as on a busy machine or when stopped.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  await child.ended;
  assertEquals(lines, ["first", "late", "last"]);
});
