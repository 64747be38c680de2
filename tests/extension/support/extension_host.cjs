/**
 * Runs the bundled extension as an editor's extension host does, with a stand-in for `vscode`.
 *
 *   node extension_host.cjs BUNDLE SETUP
 *
 * SETUP is JSON: `calls`, a list of [control, ...args] made before activation, and `env`, changes
 * of `vscode.env`. Then each line of stdin is such a call, or ["deactivate"], and is answered by a
 * line on stdout.
 */
const Module = require("node:module");
const readline = require("node:readline");
const { vscode, control, page } = require("./vscode.cjs");

const [bundle, setup] = process.argv.slice(2);
const { calls = [], env = {} } = JSON.parse(setup);
Object.assign(vscode.env, env);
for (const [name, ...args] of calls) control[name](...args);

// The time that passes for this event loop: a busy machine, which delays its timers, delays this.
const TICK_MS = 50;
let passedMs = 0;
setInterval(() => passedMs += TICK_MS, TICK_MS).unref();
control.passedMs = () => passedMs;

const load = Module._load;
Module._load = (name, ...rest) => name === "vscode" ? vscode : load(name, ...rest);

const context = {
  subscriptions: [],
  extension: { packageJSON: { version: "0.1.0" } },
  environmentVariableCollection: {
    persistent: true,
    replace: (name, value) => void (page.variables[name] = value),
    delete: (name) => void delete page.variables[name],
  },
};

// An extension host has these already.
for (const name of ["node:crypto", "node:fs", "node:http", "node:net"]) require(name);
// Of the processor: a busy machine makes it no longer.
const before = process.cpuUsage();
const extension = require(bundle);
extension.activate(context);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ activated: (user + system) / 1000 }));

async function deactivate() {
  const ending = extension.deactivate();
  for (const item of context.subscriptions.splice(0)) item.dispose();
  await ending;
}

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const [name, ...args] = JSON.parse(line);
  try {
    const result = name === "deactivate" ? await deactivate() : control[name](...args);
    console.log(JSON.stringify({ result: result ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
  if (name === "deactivate") process.exit(0);
});
