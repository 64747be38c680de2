// `window.ts HUB SESSION WORKSPACE`: serves what an extension in that window would, until it is
// killed.
import {
  connectChannels,
  defineService,
  Emitter,
  type Event,
  serveInstance,
  windowContext,
} from "../../src/mod.ts";

const [hubSocket, session, workspace] = Deno.args as [string, string, string];
const saved = new Emitter<{ file: string }>();
const tools = defineService<{
  runTask(name: string): Promise<{ exitCode: number }>;
  onDidSave: Event<{ file: string }>;
}>("tools");

const hub = await connectChannels(hubSocket, windowContext(session));
tools.serve(hub, { runTask: () => Promise.resolve({ exitCode: 0 }), onDidSave: saved.event });
const file = `${workspace}/src/main.ts`;
const place = { line: 12, column: 5 };
const state = {
  activeEditor: { uri: `file://${file}`, path: file, selection: { start: place, end: place } },
};
hub.registerChannel("window", { call: () => state, listen: () => saved.event });
const instances = [
  await serveInstance(workspace, { open: () => null }),
  await serveInstance(workspace, {}, { scheme: "vscode-mcp" }),
];
console.log("ready");
setInterval(() => {
  saved.fire({ file: "main.ts" });
  for (const instance of instances) instance.push("saved", { file: "main.ts" });
}, 50);
