/** The packages of Linux distributions: installed, found, upgraded and removed. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { makeDocumentation, makeUnits } from "../../scripts/release/companions.ts";
import { glibcOf } from "../../scripts/release/packages/deb.ts";
import { packageVersion } from "../../scripts/release/packages/files.ts";
import { compiled, makeSandbox, type Sandbox, spawn, until } from "../support/mod.ts";
import {
  canBeRoot,
  contentOf,
  copyLibraries,
  makePackage,
  makeRoot,
  type PackageManager,
  packageManagers,
  runAsRoot,
} from "./package_managers.ts";
import { isInstalled, makeRelease, runCommand, writeProgram } from "./support.ts";

const companions = async () => [...await makeDocumentation(), ...makeUnits()];

/**
 * Registers a test for each package manager that is installed. dpkg and rpm change a root directory
 * as root.
 */
function test(
  name: string,
  body: (sandbox: Sandbox, manager: PackageManager) => Promise<void>,
): void {
  for (const manager of packageManagers) {
    Deno.test({
      name: `a .${manager.kind} ${name}`,
      ignore: !manager.isHere || !canBeRoot,
      async fn() {
        await using sandbox = await makeSandbox();
        await body(sandbox, manager);
      },
    });
  }
}

test(
  "installs in a fresh root, runs there and leaves nothing when it is removed",
  async (sandbox, manager) => {
    const directory = await makeRoot(sandbox, manager);
    const before = contentOf(directory);
    const file = await makePackage(sandbox, manager, compiled.command, await companions());
    await manager.install(sandbox, directory, file);
    await manager.verify(sandbox, directory);
    assertEquals(
      contentOf(directory).filter((path) => !path.endsWith("/")).sort(),
      [
        "usr/bin/sessionctl",
        "usr/lib/systemd/user/sessionctl.service",
        "usr/lib/systemd/user/sessionctl.socket",
        "usr/share/bash-completion/completions/sessionctl",
        "usr/share/fish/vendor_completions.d/sessionctl.fish",
        "usr/share/man/man1/sessionctl.1.gz",
        manager.layout.licence,
        `usr/${manager.layout.zshCompletions}/_sessionctl`,
      ].sort(),
    );
    const libraries = await copyLibraries(sandbox, compiled.command, directory);
    // Packages libc6 and libgcc-s1, on which the package depends.
    for (const library of libraries) {
      assertMatch(library, /\/(?:ld-linux[^/]*|lib(?:c|dl|gcc_s|m|pthread|rt))\.so\.[0-9]$/);
    }
    const enter = 'mkdir "$1/proc" && mount --rbind /proc "$1/proc" && ' +
      'exec chroot "$1" /usr/bin/sessionctl path /srv';
    const command = ["sh", "-c", enter, "sh", directory];
    const { code, stdout, stderr } = await runAsRoot(sandbox, command);
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /\/sessionctl\/ipc-[0-9a-f]{16}\.sock\n$/);
    await manager.remove(sandbox, directory);
    const left = contentOf(directory).filter((path) => !/^usr\/lib(?:64)?\/.*\.so/.test(path));
    assertEquals(left.filter((path) => !before.includes(path) && path.startsWith("usr/share")), []);
    assertEquals(left.filter((path) => path.includes("sessionctl")), []);
  },
);

test(
  "puts the man page and the completions where man, bash, zsh and fish look",
  async (sandbox, manager) => {
    const directory = await makeRoot(sandbox, manager);
    const program = await writeProgram(sandbox.path("program"));
    const file = await makePackage(sandbox, manager, program, await companions());
    await manager.install(sandbox, directory, file);
    const share = join(directory, "usr/share");
    const env = { PATH: `${directory}/usr/bin:${sandbox.env.PATH}`, XDG_DATA_DIRS: share };
    const shells: [string, readonly string[], string][] = [
      [
        "man",
        ["-M", join(share, "man"), "-w", "sessionctl"],
        `${share}/man/man1/sessionctl.1.gz\n`,
      ],
      [
        "bash",
        [
          "--norc",
          "-c",
          `. "$1/bash-completion/completions/sessionctl"; complete -p sessionctl | wc -l`,
          "bash",
          share,
        ],
        "1\n",
      ],
      [
        "zsh",
        [
          "-fc",
          "fpath=($1 $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[sessionctl]",
          "zsh",
          join(directory, "usr", manager.layout.zshCompletions),
        ],
        "_sessionctl\n",
      ],
      ["fish", ["-c", "complete -C 'sessionctl clipb' | string split -f1 \\t"], "clipboard\n"],
    ];
    for (const [shell, args, expected] of shells.filter(([shell]) => isInstalled(shell))) {
      const { code, stdout, stderr } = await runCommand(sandbox, shell, args, { env });
      assertEquals([shell, code, stdout], [shell, 0, expected], stderr);
    }
  },
);

test(
  "replaces an older version and keeps nothing that the newer one lacks",
  async (sandbox, manager) => {
    const directory = await makeRoot(sandbox, manager);
    const files = await companions();
    const old = await makePackage(
      sandbox,
      manager,
      await writeProgram(sandbox.path("old"), "0.2.0-rc.1"),
      [...files, { path: "share/sessionctl/stale", text: "stale\n" }],
      { version: "0.2.0-rc.1" },
    );
    const newer = await makePackage(
      sandbox,
      manager,
      await writeProgram(sandbox.path("new"), "0.2.0"),
      files,
      { version: "0.2.0" },
    );
    await manager.install(sandbox, directory, old);
    assertStringIncludes(contentOf(directory).join("\n"), "usr/share/sessionctl/stale");
    await manager.install(sandbox, directory, newer);
    await manager.verify(sandbox, directory);
    const { stdout } = await runCommand(sandbox, join(directory, "usr/bin/sessionctl"), []);
    assertEquals(stdout, "sessionctl 0.2.0\n");
    assertEquals(contentOf(directory).filter((path) => /stale|\.dpkg|\.rpm/.test(path)), []);
    await manager.remove(sandbox, directory);
    assertEquals(contentOf(directory).filter((path) => /sessionctl$/.test(path)), []);
  },
);

Deno.test({
  name: "the packages of a release are the same bytes each time, for amd64 and arm64",
  ignore: !packageManagers.every(({ isHere }) => isHere) || !isInstalled("zip"),
  async fn() {
    await using first = await makeSandbox();
    await using second = await makeSandbox();
    const [one, two] = await Promise.all([first, second].map(async (sandbox) => {
      const release = await makeRelease(
        { ...sandbox, env: { ...sandbox.env, TZ: sandbox === first ? "UTC" : "Asia/Tokyo" } },
        await writeProgram(sandbox.path("program")),
        "packages",
      );
      return await Deno.readTextFile(join(release, "SHA256SUMS"));
    }));
    assertEquals(two, one);
    const names = one!.trim().split("\n").map((line) => line.slice(66));
    for (
      const name of [
        "sessionctl-amd64.deb",
        "sessionctl-arm64.deb",
        "sessionctl-x86_64.rpm",
        "sessionctl-aarch64.rpm",
        "sessionctl-x86_64-pc-windows-msvc.zip",
        "sessionctl-x86_64-unknown-linux-gnu.tar.gz",
        "PKGBUILD",
        "sessionctl.json",
      ]
    ) assert(names.includes(name), name);
    const zip = join(first.directory, "release/sessionctl-x86_64-pc-windows-msvc.zip");
    const listed = await runCommand(first, "zip", ["-sf", zip]);
    const inside = listed.stdout.split("\n").filter((line) => line.startsWith("  "));
    assertEquals(inside.map((line) => line.trim()).sort(), [
      "LICENSE",
      "README.md",
      "completions/sessionctl.ps1",
      "sessionctl.exe",
    ]);
  },
});

Deno.test("a release without dpkg-deb says which program the packages need", async () => {
  await using sandbox = await makeSandbox();
  const program = await writeProgram(sandbox.path("program"));
  const empty = { ...sandbox, env: { ...sandbox.env, PATH: "/nonexistent" } };
  const error = await makeRelease(empty, program, "packages").catch(String);
  assertStringIncludes(error, "release: a .deb needs dpkg-deb, which is not installed\n");
  assertStringIncludes(error, "--only archives");
});

Deno.test("a pre-release is older than its release, and has no hyphen", () => {
  assertEquals(packageVersion("0.2.0"), "0.2.0");
  assertEquals(packageVersion("0.2.0-rc.1"), "0.2.0~rc.1");
  assertEquals(packageVersion("0.2.0-rc-1"), "0.2.0~rc.1");
});

Deno.test("a .deb depends on the newest glibc whose symbols the program names", () => {
  const names = ["GLIBC_2.2.5", "GLIBC_2.27", "GLIBC_2.9", "a GLIBC_2.99", "GLIBC_PRIVATE"];
  const elf = new TextEncoder().encode(`\0${names.join("\0")}\0`);
  assertEquals(glibcOf(elf), " (>= 2.27)");
  assertEquals(glibcOf(new TextEncoder().encode("#!/bin/sh\n")), "");
});

Deno.test({
  name: "the packages' units pass systemd's own check",
  ignore: !isInstalled("systemd-analyze"),
  async fn() {
    await using sandbox = await makeSandbox();
    const files = await Promise.all(
      makeUnits().map(async ({ path, text }) => {
        const file = sandbox.path(path.split("/").at(-1)!);
        // The check requires the program.
        await Deno.writeTextFile(file, text.replaceAll("/usr/bin/sessionctl", compiled.command));
        return file;
      }),
    );
    const args = ["verify", "--user", "--man=no", ...files];
    const { code, stderr } = await runCommand(sandbox, "systemd-analyze", args);
    const said = stderr.split("\n").filter((line) => line.includes("sessionctl."));
    assertEquals([code, said], [0, []]);
  },
});

Deno.test({
  name: "the packages' socket unit ends a registry and starts one for the first client",
  ignore: !isInstalled("systemd-socket-activate"),
  async fn() {
    await using sandbox = await makeSandbox();
    function value(unit: string, name: string): string {
      return new RegExp(`^${name}=-?(?:/usr/bin/sessionctl )?(.*)$`, "m").exec(unit)![1]!;
    }
    const runtime = sandbox.env.XDG_RUNTIME_DIR!;
    const [service, socket] = makeUnits().map(({ text }) => text.replaceAll("%t", runtime));
    const sessionctl = (...args: string[]) => runCommand(sandbox, compiled.command, args);
    const start = await sessionctl("serve", "--detach", "--no-state", "--json");
    const { listening, pid } = JSON.parse(start.stdout);
    const path = value(socket!, "ListenStream");
    assertEquals(listening, path);
    const { stderr } = await sessionctl(...value(socket!, "ExecStartPre").split(" "));
    assertStringIncludes(stderr, String(pid));
    const names = Object.keys(sandbox.env).map((name) => `--setenv=${name}`);
    const command = [compiled.command, ...value(service!, "ExecStart").split(" ")];
    const args = ["-l", path, ...names, ...command];
    const manager = spawn(sandbox, "systemd-socket-activate", args);
    await until("systemd listens", () => manager.errors.join().includes("Listening on"));
    const status = await sessionctl("status", "--json");
    assertStringIncludes(status.stdout, String(manager.child.pid), status.stderr);
    assertEquals(await manager.stop(), 0);
  },
});
