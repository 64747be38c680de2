// Runs `companion install --all` on three windows, two of one server, and prints what it reports.
import { basename } from "@std/path";
import { compiled, makeSandbox, run } from "../support/mod.ts";
import { startServer } from "../registry/serve_support.ts";
import { newExtensions, startWindow } from "./companion_support.ts";

await using sandbox = await makeSandbox();
const { socket } = await startServer(sandbox);
const extensions = newExtensions("0.0.9");
// The latest ranks first.
await startWindow(sandbox, socket, extensions, { name: "two", running: "0.0.9" });
await startWindow(sandbox, socket, extensions, { name: "one", running: "0.0.9" });
await startWindow(sandbox, socket, newExtensions(), { name: "other" });
const { code, stdout } = await run(compiled, sandbox, {
  args: ["companion", "install", "--all", "--json"],
});
console.log(code);
const lines = JSON.parse(stdout).windows.map((window: Record<string, unknown>) => {
  const { folders, result, before, after, running, reload } = window;
  const name = basename((folders as string[])[0]!);
  return [name, result, before, after, running, reload].map(String).join(" ");
});
console.log(lines.sort().join("\n"));
