/** dpkg and rpm, each in a separate root directory. */
import { assertEquals } from "@std/assert";
import { dirname, join, relative } from "@std/path";
import type { Companion } from "../../scripts/release/companions.ts";
import type { Release } from "../../scripts/release/npm_packages.ts";
import { debianLayout, writeDeb } from "../../scripts/release/packages/deb.ts";
import {
  type Layout,
  packageFiles,
  type PackageOptions,
} from "../../scripts/release/packages/files.ts";
import { rpmLayout, writeRpm } from "../../scripts/release/packages/rpm.ts";
import type { Sandbox } from "../support/mod.ts";
import { here, isInstalled, type Ran, root, runCommand } from "./support.ts";

/** Runs a command as root in a user namespace, so that it may change the owners of files. */
const AS_ROOT = Deno.build.os === "linux" && Deno.uid() !== 0 ? ["--map-root-user"] : [];

/** Whether package managers work, and their root directories can be entered, on this machine. */
export const canBeRoot = isInstalled("unshare") &&
  new Deno.Command("unshare", {
    args: [...AS_ROOT, "--mount", "mount", "-t", "tmpfs", "tmpfs", "/tmp"],
    stderr: "null",
  }).outputSync().success;

/** Runs a command as root, in a mount namespace. */
export function runAsRoot(sandbox: Sandbox, command: readonly string[]): Promise<Ran> {
  const env = { HOME: "/" };
  return runCommand(sandbox, "unshare", [...AS_ROOT, "--mount", ...command], { env });
}

export interface PackageManager {
  readonly kind: "deb" | "rpm";
  readonly layout: Layout;
  /** Whether its programs are installed here. */
  readonly isHere: boolean;
  /** Creates its database in an empty root directory. */
  prepare(sandbox: Sandbox, directory: string): Promise<void>;
  /** Installs a package, or replaces an older version by it. */
  install(sandbox: Sandbox, directory: string, file: string): Promise<void>;
  /** Compares the installed files with the package, byte by byte. */
  verify(sandbox: Sandbox, directory: string): Promise<void>;
  remove(sandbox: Sandbox, directory: string): Promise<void>;
}

const dpkg = async (sandbox: Sandbox, directory: string, ...args: string[]) => {
  const options = [
    `--root=${directory}`,
    `--log=${sandbox.path("dpkg.log")}`,
    // Small images omit documentation.
    "--path-include=*",
  ];
  await succeed(sandbox, "dpkg", [...options, ...args]);
};

const rpm = async (sandbox: Sandbox, directory: string, ...args: string[]) =>
  await succeed(sandbox, "rpm", [`--root=${directory}`, ...args]);

export const packageManagers: readonly PackageManager[] = [
  {
    kind: "deb",
    layout: debianLayout,
    isHere: isInstalled("dpkg-deb") && isInstalled("dpkg"),
    async prepare(_sandbox, directory) {
      const database = join(directory, "var/lib/dpkg");
      for (const name of ["info", "updates"]) {
        await Deno.mkdir(join(database, name), { recursive: true });
      }
      // The minimum that satisfies the package's dependencies.
      const status = ["libc6", "libgcc-s1"].map((name) =>
        [
          `Package: ${name}`,
          "Status: install ok installed",
          "Maintainer: nobody <nobody@localhost>",
          `Architecture: ${here.cpu === "x64" ? "amd64" : "arm64"}`,
          "Version: 2.31",
          "Description: stands in for the library",
          "",
        ].join("\n")
      );
      await Deno.writeTextFile(join(database, "status"), status.join("\n"));
    },
    install: (sandbox, directory, file) => dpkg(sandbox, directory, "--install", file),
    verify: (sandbox, directory) => dpkg(sandbox, directory, "--verify", "sessionctl"),
    remove: (sandbox, directory) => dpkg(sandbox, directory, "--purge", "sessionctl"),
  },
  {
    kind: "rpm",
    layout: rpmLayout,
    isHere: isInstalled("rpmbuild") && isInstalled("rpm"),
    prepare: (sandbox, directory) => rpm(sandbox, directory, "--initdb"),
    // The empty root directory has no glibc.
    install: (sandbox, directory, file) => rpm(sandbox, directory, "--upgrade", "--nodeps", file),
    verify: (sandbox, directory) => rpm(sandbox, directory, "--verify", "--nodeps", "sessionctl"),
    remove: (sandbox, directory) => rpm(sandbox, directory, "--erase", "sessionctl"),
  },
];

/** Creates a package for this machine; its files are those of a release by default. */
export async function makePackage(
  sandbox: Sandbox,
  { kind, layout }: PackageManager,
  program: string,
  companions: readonly Companion[],
  { version = "0.1.0", compression = "none" }: {
    version?: string;
    compression?: PackageOptions["compression"];
  } = {},
): Promise<string> {
  const release: Release = {
    name: "@sessionctl/sessionctl",
    version,
    license: "MIT",
    repository: "ann/sessionctl",
    documents: { LICENSE: await Deno.readTextFile(join(root, "LICENSE")) },
  };
  const output = sandbox.path(`${kind}-${version}`);
  await Deno.mkdir(output);
  const files = await packageFiles(release, program, companions, layout);
  const options = { output, work: join(output, "work"), compression };
  const name = await (kind === "deb" ? writeDeb : writeRpm)(release, here, files, options);
  return join(output, name);
}

/** An empty root directory with the directories that every distribution has. */
export async function makeRoot(sandbox: Sandbox, manager: PackageManager): Promise<string> {
  const directory = sandbox.path(`root-${manager.kind}`);
  for (
    const name of ["bin", "lib/systemd/user", "share/doc", "share/licenses", "share/man/man1"]
  ) {
    await Deno.mkdir(join(directory, "usr", name), { recursive: true });
  }
  await manager.prepare(sandbox, directory);
  return directory;
}

/** Everything below `usr` of a root directory: files, and directories with a slash at the end. */
export function contentOf(directory: string): string[] {
  const walk = (place: string): string[] =>
    [...Deno.readDirSync(place)].flatMap(({ name, isDirectory }) => {
      const path = join(place, name);
      return isDirectory ? [`${path}/`, ...walk(path)] : [path];
    });
  return walk(join(directory, "usr"))
    .map((path) => relative(directory, path) + (path.endsWith("/") ? "/" : ""))
    .sort();
}

/** Copies the libraries that a program is linked to into a root directory. */
export async function copyLibraries(sandbox: Sandbox, program: string, directory: string) {
  const { stdout } = await runCommand(sandbox, "ldd", [program]);
  const paths = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
  for (const path of paths) {
    await Deno.mkdir(join(directory, dirname(path)), { recursive: true });
    await Deno.copyFile(path, join(directory, path));
  }
  return paths;
}

async function succeed(sandbox: Sandbox, command: string, args: readonly string[]) {
  const { code, stdout, stderr } = await runAsRoot(sandbox, [command, ...args]);
  assertEquals(code, 0, stderr);
  // A verification that finds differences prints them.
  if (args.includes("--verify")) assertEquals(stdout, "");
}
