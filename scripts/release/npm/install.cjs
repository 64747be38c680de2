// Runs when the package is installed: replaces bin/sessionctl.exe with the program from this
// platform's package, so that commands start it directly. The first run is before npm creates its
// launchers, which on Windows depend on this file's content. Package managers that have not
// unpacked the other package by then succeed in the second run.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const { name, optionalDependencies } = require("./package.json");
const scope = name.slice(0, name.lastIndexOf("/") + 1);
const platform = `${scope}${process.platform}-${process.arch}`;
const early = process.argv[2] === "early";
const place = path.join(__dirname, "bin", "sessionctl.exe");

/** Whether the program has replaced the placeholder script. */
function isPlaced() {
  const start = Buffer.alloc(2);
  const file = fs.openSync(place, "r");
  fs.readSync(file, start);
  fs.closeSync(file);
  return start.toString() !== "#!";
}

function fail(message, ...hints) {
  console.error([`sessionctl: ${message}`, ...hints.map((hint) => `  ${hint}`)].join("\n"));
  process.exit(1);
}

function programOfPlatform() {
  if (!(platform in optionalDependencies)) {
    fail(
      `there is no build for ${process.platform} on ${process.arch}`,
      "with Deno, it can be installed from source: see the README",
    );
  }
  const program = process.platform === "win32" ? "sessionctl.exe" : "sessionctl";
  try {
    return path.join(path.dirname(require.resolve(`${platform}/package.json`)), "bin", program);
  } catch {
    if (early) process.exit(0);
    return fail(
      `its package ${platform} is not installed`,
      "optional dependencies may have been left out: npm install --include=optional",
      "a lock file made on another platform may leave them out, too",
      "on Linux it needs glibc: there is no build for musl (Alpine)",
    );
  }
}

// pnpm's launcher runs the placeholder with the interpreter of its first line. pnpm may write the
// launcher before this runs, so the placeholder stays. It starts the program without Node.
const agent = process.env.npm_config_user_agent ?? "";
const stays = agent.startsWith("pnpm/") && process.platform !== "win32";

if (isPlaced()) process.exit(0);
if (stays) process.exit(programOfPlatform() ? 0 : 1);
const fresh = `${place}.${process.pid}`;
try {
  const program = programOfPlatform();
  try {
    fs.linkSync(program, fresh); // A hard link needs no disk space.
  } catch {
    fs.copyFileSync(program, fresh);
  }
  fs.chmodSync(fresh, 0o755);
  execFileSync(fresh, ["--version"], { stdio: ["ignore", "ignore", "pipe"] });
  fs.renameSync(fresh, place);
} catch (error) {
  const said = error.stderr === undefined ? error.message : String(error.stderr).trim();
  fail(`the program does not run here: ${said.split("\n")[0]}`);
} finally {
  fs.rmSync(fresh, { force: true });
}
