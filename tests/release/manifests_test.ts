/**
 * The files from which other package managers build or install, tested with their own tools if
 * possible.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { basename, join } from "@std/path";
import { parse } from "@std/yaml";
import { writeManifests } from "../../scripts/release/manifests.ts";
import { targets } from "../../scripts/release/targets.ts";
import { compiled, makeSandbox, type Sandbox } from "../support/mod.ts";
import { copyLibraries } from "./package_managers.ts";
import { archiveOf, here, isInstalled, makeRelease, runCommand } from "./support.ts";

const ZIP = "sessionctl-x86_64-pc-windows-msvc.zip";
const ZIP_HASH = "0123456789abcdef".repeat(4);
const stands = Deno.build.os === "linux";

interface Made {
  readonly directory: string;
  /** The SHA-256 of the release's files by their names. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** The archives of a release, with the real program for this machine, and the manifests. */
async function make(sandbox: Sandbox, version = "0.1.0"): Promise<Made> {
  const directory = await makeRelease(sandbox, compiled.command, "archives");
  const sums = await Deno.readTextFile(join(directory, "SHA256SUMS"));
  const lines = sums.trim().split("\n").map((line) => line.split("  ") as [string, string]);
  const hashes = new Map([...lines.map(([hash, name]): [string, string] => [name, hash])]);
  await writeManifests(
    {
      name: "@sessionctl/sessionctl",
      version,
      license: "MIT",
      repository: "ann/sessionctl",
      documents: {},
    },
    new Map([...hashes, [ZIP, ZIP_HASH]]),
    directory,
  );
  return { directory, hashes };
}

const addressOf = (file: string) =>
  `https://github.com/ann/sessionctl/releases/download/v0.1.0/${file}`;

Deno.test({
  name: "makepkg builds the PKGBUILD, and the program runs",
  // makepkg refuses root.
  ignore: !stands || !isInstalled("makepkg") || !isInstalled("bsdtar") ||
    (Deno.uid() === 0 && !isInstalled("setpriv")),
  async fn() {
    await using sandbox = await makeSandbox();
    const { directory } = await make(sandbox);
    const arch = here.cpu === "x64" ? "x86_64" : "aarch64";
    const work = sandbox.path("work");
    await Deno.mkdir(work);
    await Deno.copyFile(join(directory, "PKGBUILD"), join(work, "PKGBUILD"));
    // A source beside the PKGBUILD is not downloaded.
    await Deno.rename(
      join(directory, archiveOf(here)),
      join(work, `sessionctl-0.1.0-${arch}.tar.gz`),
    );
    const unprivileged = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"];
    if (Deno.uid() === 0) {
      const { code } = await runCommand(sandbox, "chown", ["-R", "1234:1234", work]);
      assertEquals(code, 0);
      await Deno.chmod(sandbox.directory, 0o755);
    }
    const [command, ...args] = [
      ...(Deno.uid() === 0 ? unprivileged : []),
      "makepkg",
      "--nodeps",
      "--noconfirm",
    ];
    // There is no pacman here; it would only list the installed packages.
    const env = { PKGEXT: ".pkg.tar", HOME: work, CARCH: arch, PACMAN: "true" };
    const built = await runCommand(sandbox, command!, args, { cwd: work, env });
    assertEquals(built.code, 0, built.stderr);
    const file = join(work, `sessionctl-bin-0.1.0-1-${arch}.pkg.tar`);
    const installed = sandbox.path("installed");
    await Deno.mkdir(installed);
    await runCommand(sandbox, "bsdtar", ["-xf", file, "-C", installed]);
    await assertInstalled(sandbox, join(installed, "usr"));
    await Deno.stat(join(installed, "usr/lib/systemd/user/sessionctl.socket"));
    await Deno.stat(join(installed, "usr/share/licenses/sessionctl-bin/LICENSE"));
  },
});

/** Checks that the program of a prefix runs, with the man page and the completions beside it. */
async function assertInstalled(sandbox: Sandbox, prefix: string): Promise<void> {
  const program = join(prefix, "bin/sessionctl");
  const { stdout, stderr } = await runCommand(sandbox, program, ["path", "."]);
  assertMatch(stdout, /\/sessionctl\/ipc-[0-9a-f]{16}\.sock\n$/, stderr);
  for (
    const [path, text] of [
      ["man/man1/sessionctl.1", ".TH SESSIONCTL 1"],
      ["bash-completion/completions/sessionctl", "complete "],
      ["zsh/site-functions/_sessionctl", "#compdef sessionctl\n"],
      ["fish/vendor_completions.d/sessionctl.fish", "complete "],
    ]
  ) {
    const plain = join(prefix, "share", path!);
    const { stdout } = await runCommand(sandbox, "sh", [
      "-c",
      'if [ -e "$1" ]; then cat "$1"; else gzip -dc "$1.gz"; fi',
      "sh",
      plain,
    ]);
    assertStringIncludes(stdout, text!, path);
  }
}

/** A stand-in for Homebrew: reads the formula for one platform and installs it below a prefix. */
const BREW = `
require "fileutils"
require "json"
$prefix, $os, $cpu = ARGV[1, 3]
class Formula
  @@facts = {}
  class << self
    def on_macos = ($os == "darwin" && yield)
    def on_linux = ($os == "linux" && yield)
    def on_arm = ($cpu == "arm64" && yield)
    def on_intel = ($cpu == "x64" && yield)
    def service = nil
    def test = nil
    %i[desc homepage version license url sha256].each do |name|
      define_method(name) { |value| @@facts[name] = value }
    end
    def facts = @@facts
  end
  Place = Struct.new(:path) do
    def install(file)
      FileUtils.mkdir_p(path)
      FileUtils.cp(file, path, preserve: true)
    end
  end
  {
    bin: "bin", man1: "share/man/man1",
    bash_completion: "share/bash-completion/completions",
    zsh_completion: "share/zsh/site-functions",
    fish_completion: "share/fish/vendor_completions.d"
  }.each { |name, path| define_method(name) { Place.new(File.join($prefix, path)) } }
end
load ARGV[0]
puts JSON.generate(Formula.facts)
Sessionctl.new.install if File.exist?("sessionctl")
`;

Deno.test({
  name:
    "the Homebrew formula names the archive of each platform, and its install step finds the files",
  ignore: !stands || !isInstalled("ruby"),
  async fn() {
    await using sandbox = await makeSandbox();
    const { directory, hashes } = await make(sandbox);
    const formula = join(directory, "sessionctl.rb");
    assertEquals((await runCommand(sandbox, "ruby", ["-wc", formula])).stdout, "Syntax OK\n");
    const brew = sandbox.path("brew.rb");
    await Deno.writeTextFile(brew, BREW);
    const unpacked = await unpack(sandbox, directory);
    const prefix = sandbox.path("prefix");
    for (const target of targets.filter(({ os }) => os !== "win32")) {
      const args = [brew, formula, prefix, target.os, target.cpu];
      const { stdout, stderr } = await runCommand(sandbox, "ruby", args, {
        cwd: target === here ? unpacked : sandbox.directory,
      });
      assertEquals(stderr, "");
      const { url, sha256, version, license } = JSON.parse(stdout);
      const archive = archiveOf(target);
      assertEquals([url, sha256], [addressOf(archive), hashes.get(archive)]);
      assertEquals([version, license], ["0.1.0", "MIT"]);
    }
    await assertInstalled(sandbox, prefix);
  },
});

async function unpack(sandbox: Sandbox, directory: string): Promise<string> {
  const unpacked = sandbox.path("unpacked");
  await Deno.mkdir(unpacked);
  const { code } = await runCommand(sandbox, "tar", [
    "-xzf",
    join(directory, archiveOf(here)),
    "-C",
    unpacked,
  ]);
  assertEquals(code, 0);
  return unpacked;
}

/** The minimum of nixpkgs that the expression uses; a derivation is its arguments. */
const nixpkgs = (loader: string, libraries: string) => `
{
  lib = {
    optional = condition: value: if condition then [ value ] else [ ];
    optionalString = condition: text: if condition then text else "";
    makeLibraryPath = builtins.concatStringsSep ":";
    licenses.mit = "MIT";
    sourceTypes.binaryNativeCode = "binary";
  };
  stdenv = {
    mkDerivation = arguments: arguments;
    hostPlatform = { system = SYSTEM; isLinux = builtins.match ".*-linux" SYSTEM != null; };
    buildPlatform.canExecute = platform: true;
    cc = {
      bintools.dynamicLinker = "${loader}";
      cc.lib = "${libraries}";
      libc = "${libraries}";
    };
  };
  fetchurl = arguments: arguments;
  patchelf = "patchelf";
}`;

Deno.test({
  name: "the Nix expression names each platform's archive, and the program it patches runs",
  ignore: !stands || !isInstalled("nix-instantiate") || !isInstalled("patchelf"),
  async fn() {
    await using sandbox = await makeSandbox();
    const { directory, hashes } = await make(sandbox);
    const store = sandbox.path("a-long-path-as-the-store-of-nix-has-it");
    const libraries = await copyLibraries(sandbox, compiled.command, store);
    const loader = libraries.find((path) => basename(path).startsWith("ld-"))!;
    const places = new Set(libraries.map((path) => join(store, path, "..")));
    const expression = join(directory, "sessionctl.nix");
    const evaluate = async (system: string) => {
      const arguments_ = nixpkgs(join(store, loader), [...places].join(":"));
      const text = `import ${expression} (${arguments_.replaceAll("SYSTEM", `"${system}"`)})`;
      const args = ["--eval", "--strict", "--json", "--store", "dummy://", "--expr", text];
      const { code, stdout, stderr } = await runCommand(sandbox, "nix-instantiate", args);
      assertEquals(code, 0, stderr);
      return JSON.parse(stdout);
    };
    for (const target of targets.filter(({ os }) => os !== "win32")) {
      const system = target.triple.replace(/-.*/, `-${target.os}`);
      const { src, version } = await evaluate(system);
      const archive = archiveOf(target);
      assertEquals([src.url, src.sha256], [addressOf(archive), hashes.get(archive)]);
      assertEquals(version, "0.1.0");
    }
    const { installPhase } = await evaluate(here.triple.replace(/-.*/, "-linux"));
    const prefix = sandbox.path("out");
    const ran = await runCommand(
      sandbox,
      "bash",
      ["-euo", "pipefail", "-c", `runHook() { :; }\n${installPhase}`],
      { cwd: await unpack(sandbox, directory), env: { out: prefix } },
    );
    assertEquals(ran.code, 0, ran.stderr);
    const program = join(prefix, "bin/sessionctl");
    const { stdout } = await runCommand(sandbox, "patchelf", ["--print-interpreter", program]);
    assertEquals(stdout, `${join(store, loader)}\n`);
    await assertInstalled(sandbox, prefix);
    const unit = join(prefix, "lib/systemd/user/sessionctl.service");
    assertStringIncludes(await Deno.readTextFile(unit), `ExecStart=${program} serve`);
  },
});

/** The manifests of a release without archives. @returns their names. */
async function writeAll(sandbox: Sandbox): Promise<string[]> {
  const hashes = new Map([
    ...targets.map((target): [string, string] => [archiveOf(target), "0".repeat(64)]),
    [ZIP, ZIP_HASH] as const,
  ]);
  const release = {
    name: "@sessionctl/sessionctl",
    version: "0.1.0",
    license: "MIT",
    repository: "ann/sessionctl",
    documents: {},
  };
  return await writeManifests(release, hashes, sandbox.directory);
}

Deno.test("Scoop's manifest names the zip with its hash, also for the next version", async () => {
  await using sandbox = await makeSandbox();
  await writeAll(sandbox);
  const manifest = JSON.parse(await Deno.readTextFile(sandbox.path("sessionctl.json")));
  assertEquals([manifest.version, manifest.license, manifest.bin], [
    "0.1.0",
    "MIT",
    "sessionctl.exe",
  ]);
  assertEquals(manifest.architecture, { "64bit": { url: addressOf(ZIP), hash: ZIP_HASH } });
  const { architecture, hash } = manifest.autoupdate;
  assertEquals(architecture["64bit"].url.replaceAll("$version", "0.1.0"), addressOf(ZIP));
  assertEquals(hash.url.replace("$baseurl/", ""), "SHA256SUMS");
});

Deno.test("winget's manifests agree on the version and name the zip with its hash", async () => {
  await using sandbox = await makeSandbox();
  const names = await writeAll(sandbox);
  const files = names.filter((name) => name.endsWith(".yaml")).sort();
  assertEquals(files, [
    "ann.sessionctl.installer.yaml",
    "ann.sessionctl.locale.en-US.yaml",
    "ann.sessionctl.yaml",
  ]);
  const [installer, locale, version] = await Promise.all(files.map(async (file) =>
    // deno-lint-ignore no-explicit-any
    parse(await Deno.readTextFile(sandbox.path(file))) as any
  ));
  for (const manifest of [installer, locale, version]) {
    assertEquals(
      [manifest.PackageIdentifier, manifest.PackageVersion, manifest.ManifestVersion],
      ["ann.sessionctl", "0.1.0", "1.6.0"],
    );
  }
  assertEquals(
    [installer.ManifestType, locale.ManifestType, version.ManifestType],
    ["installer", "defaultLocale", "version"],
  );
  assertEquals(version.DefaultLocale, locale.PackageLocale);
  assertEquals(installer.Installers, [
    { Architecture: "x64", InstallerUrl: addressOf(ZIP), InstallerSha256: ZIP_HASH },
  ]);
  assertEquals(installer.NestedInstallerFiles, [
    { RelativeFilePath: "sessionctl.exe", PortableCommandAlias: "sessionctl" },
  ]);
});
