/** The packages from npm: Playwright, and two releases of code-server, each with its own Node. */
import { join } from "@std/path";
import { prepareOnce } from "../prepare_once.ts";
import { runLogged } from "./command.ts";
import { CACHE } from "./places.ts";

export const VERSIONS = {
  "playwright-core": "1.64.1",
  "node-gyp": "11.5.0",
} as const;

/** A release of code-server that the scenarios run on. */
export interface Release {
  /** The version of npm's package `code-server`. */
  readonly version: string;
  /** The version of Node that this release requires. */
  readonly node: string;
  /** The native modules that its windows and terminals need; code-server's script builds more. */
  readonly native: readonly string[];
}

/** The oldest release that the scenarios run on, and the newest; docs/e2e.md gives the reasons. */
export const RELEASES: readonly Release[] = [
  {
    version: "4.100.3",
    node: "20.20.2",
    native: ["node-pty", "@vscode/spdlog", "native-watchdog", "kerberos"],
  },
  {
    version: "4.139.1",
    node: "24.21.0",
    native: [
      "node-pty",
      "@vscode/spdlog",
      "@vscode/native-watchdog",
      "kerberos",
      "@vscode/sqlite3",
      "@vscode/fs-copyfile",
    ],
  },
];

const NPM_INSTALL = [
  "install",
  "--ignore-scripts",
  "--omit=dev",
  "--no-audit",
  "--no-fund",
  "--no-update-notifier",
  "--loglevel=error",
];

/** The package with Node's binary and headers, because nodejs.org may not be reachable. */
function nodePackage(): string {
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  return `node-linux-${arch}`;
}

async function npmInstall(
  directory: string,
  dependencies: Readonly<Record<string, string>>,
): Promise<void> {
  const manifest = JSON.stringify({ private: true, dependencies });
  await Deno.writeTextFile(join(directory, "package.json"), manifest);
  await runLogged("npm", NPM_INSTALL, { cwd: directory });
}

/** @returns the folder with `bin/node` and `include/node` of this version. */
export async function installNode(
  version: string,
  say: (line: string) => void,
): Promise<string> {
  const name = nodePackage();
  const home = join(CACHE, `node-${version}`);
  await prepareOnce(home, `${name}@${version}`, async (directory) => {
    say(`installing Node ${version} from npm`);
    await npmInstall(directory, { [name]: version });
    await Deno.chmod(join(directory, "node_modules", name, "bin/node"), 0o755);
  });
  return join(home, "node_modules", name);
}

/** @returns the package's folder. */
export async function installPlaywright(say: (line: string) => void): Promise<string> {
  const name = "playwright-core";
  const home = join(CACHE, name);
  await prepareOnce(home, VERSIONS[name], async (directory) => {
    say(`installing ${name} ${VERSIONS[name]} from npm`);
    await npmInstall(directory, { [name]: VERSIONS[name] });
  });
  return join(home, "node_modules", name);
}

/**
 * Installs a release of code-server like its own post-install script, except for the downloads from
 * elsewhere: packages without their scripts, then the few that are built here.
 *
 * @param node Node's folder, from `installNode`.
 * @returns the package's folder.
 */
export async function installCodeServer(
  { version, node: nodeVersion, native }: Release,
  node: string,
  say: (line: string) => void,
): Promise<string> {
  const home = join(CACHE, `code-server-${version}`);
  const recipe = `${version} on Node ${nodeVersion}: argon2 ${native.join(" ")}`;
  await prepareOnce(home, recipe, async (directory) => {
    say(`installing code-server ${version} from npm, which takes a few minutes`);
    // Packages look for node-gyp in the folders above theirs.
    await npmInstall(directory, { "code-server": version, "node-gyp": VERSIONS["node-gyp"] });
    const codeServer = join(directory, "node_modules/code-server");
    const vscode = join(codeServer, "lib/vscode");
    await runLogged("npm", NPM_INSTALL, { cwd: vscode });
    await runLogged("npm", NPM_INSTALL, { cwd: join(vscode, "extensions") });
    await link(vscode);
    say(`building argon2, ${native.join(", ")}`);
    await rebuild(directory, ["argon2"], node);
    await rebuild(vscode, native, node);
  });
  return join(home, "node_modules/code-server");
}

/** The links that code-server's post-install script makes; newer packages contain some of them. */
async function link(vscode: string): Promise<void> {
  await linkIfMissing("node_modules", join(vscode, "node_modules.asar"));
  await linkIfMissing("code-linux.sh", join(vscode, "bin/remote-cli/code-server"));
  await linkIfMissing("browser-linux.sh", join(vscode, "bin/helpers/browser.sh"));
}

async function linkIfMissing(target: string, path: string): Promise<void> {
  try {
    await Deno.symlink(target, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

async function rebuild(cwd: string, packages: readonly string[], node: string): Promise<void> {
  await runLogged("npm", ["rebuild", "--no-update-notifier", ...packages], {
    cwd,
    env: {
      PATH: `${join(node, "bin")}:${Deno.env.get("PATH")}`,
      // The headers come with the package, and nothing is downloaded from elsewhere.
      npm_config_nodedir: node,
      npm_config_build_from_source: "true",
    },
  });
}
