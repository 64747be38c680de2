import { dirname, join } from "@std/path";
import { EPOCH } from "../archive.ts";
import { type Release, SUMMARY } from "../npm_packages.ts";
import { run } from "../run.ts";
import type { Target } from "../targets.ts";
import {
  type Layout,
  maintainer,
  type PackageFile,
  type PackageOptions,
  packageVersion,
  writeTree,
} from "./files.ts";

export const rpmLayout: Layout = {
  licence: "usr/share/licenses/sessionctl/LICENSE",
  zshCompletions: "share/zsh/site-functions",
};

const ARCHITECTURES = { x64: "x86_64", arm64: "aarch64" } as const;

/**
 * Directories that not every distribution's packages own, so the last package removes them.
 */
const OWN_DIRECTORIES = /^usr\/share\/(?:bash-completion|fish|licenses\/sessionctl|zsh)(?:\/|$)/;

/**
 * Makes a `.rpm` with rpmbuild. Equal files give an equal package.
 *
 * @returns the package's file name. It has no version, so that "latest" has a lasting address.
 */
export async function writeRpm(
  release: Release,
  { cpu }: Target,
  files: readonly PackageFile[],
  { output, work, compression = "xz" }: PackageOptions,
): Promise<string> {
  const architecture = ARCHITECTURES[cpu];
  await writeTree(files, join(work, "tree"));
  const spec = join(work, "sessionctl.spec");
  await Deno.writeTextFile(spec, specFile(release, files));
  const name = `sessionctl-${architecture}.rpm`;
  const macros = {
    _topdir: join(work, "build"),
    _rpmdir: output,
    _build_name_fmt: name,
    _tree: join(work, "tree"),
    _buildhost: "release",
    use_source_date_epoch_as_buildtime: "1",
    clamp_mtime_to_source_date_epoch: "1",
    _binary_payload: compression === "xz" ? "w6.xzdio" : "w.ufdio",
    _build_id_links: "none",
    // Programs that strip or similar tools have processed do not start.
    debug_package: "%{nil}",
    __strip: "/bin/true",
    __os_install_post: "%{nil}",
  };
  const defines = Object.entries(macros).flatMap(([key, value]) => ["--define", `${key} ${value}`]);
  await run("rpmbuild", ["-bb", "--target", `${architecture}-linux`, ...defines, spec], {
    env: { SOURCE_DATE_EPOCH: String(EPOCH) },
    neededFor: "an .rpm",
  });
  return name;
}

function specFile(release: Release, files: readonly PackageFile[]): string {
  const directories = new Set(files.flatMap(({ path }) => parents(path)));
  return [
    "Name: sessionctl",
    `Version: ${packageVersion(release.version)}`,
    "Release: 1",
    `Summary: ${SUMMARY}`,
    `License: ${release.license}`,
    `URL: https://github.com/${release.repository}`,
    `Packager: ${maintainer(release)}`,
    "",
    "%description",
    "sessionctl keeps a registry of the live editor windows on a Unix socket and",
    "sends each file to the window that holds it: from tmux, ssh, scripts and git.",
    "",
    "%install",
    "mkdir -p %{buildroot}",
    "cp -a %{_tree}/. %{buildroot}",
    "",
    "%files",
    "%defattr(-,root,root,-)",
    ...[...directories].filter((path) => OWN_DIRECTORIES.test(path)).sort()
      .map((path) => `%dir /${path}`),
    ...files.map(({ path }) => `${path.includes("/licenses/") ? "%license " : ""}/${path}`),
    "",
  ].join("\n");
}

function parents(path: string): string[] {
  const parent = dirname(path);
  return parent === "." ? [] : [parent, ...parents(parent)];
}
