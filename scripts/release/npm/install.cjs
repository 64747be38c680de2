// Runs when the package is installed: puts the program of this platform's package in the
// place of bin/sessionctl.exe, so that from then on that is what starts. The first time is
// before npm makes what starts it, which on Windows depends on what lies there; package
// managers that have not unpacked the other package by then get a second time.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const { name, optionalDependencies } = require("./package.json");
const scope = name.slice(0, name.lastIndexOf("/") + 1);
const platform = `${scope}${process.platform}-${process.arch}`;
const early = process.argv[2] === "early";
const place = path.join(__dirname, "bin", "sessionctl.exe");

/** Whether what lies there is no longer the script that stands in for the program. */
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

// pnpm writes into what starts it how: by the shell that the script names. It may do so before
// this is run, so there the script stays. It is no Node either.
const agent = process.env.npm_config_user_agent ?? "";
const stays = agent.startsWith("pnpm/") && process.platform !== "win32";

if (isPlaced()) process.exit(0);
if (stays) process.exit(programOfPlatform() ? 0 : 1);
const fresh = `${place}.${process.pid}`;
try {
  const program = programOfPlatform();
  try {
    fs.linkSync(program, fresh); // No second copy on the disk.
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
