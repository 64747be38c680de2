/** The system's packages: a browser, fonts, a compiler and the headers of four libraries. */
import { isAbsolute, join } from "@std/path";
import { runLogged, succeeds } from "./command.ts";

interface Need {
  /** The name of Debian's package. */
  readonly debian: string;
  present(): Promise<boolean>;
}

const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome"];

const NEEDS: readonly Need[] = [
  { debian: "chromium", present: async () => await findChromium() !== undefined },
  { debian: "fonts-dejavu-core", present: () => succeeds("fc-match", ["-s", "DejaVu Sans Mono"]) },
  { debian: "fontconfig", present: () => succeeds("fc-match", ["--version"]) },
  { debian: "npm", present: () => succeeds("npm", ["--version"]) },
  { debian: "git", present: () => succeeds("git", ["--version"]) },
  { debian: "curl", present: () => succeeds("curl", ["--version"]) },
  { debian: "g++", present: () => succeeds("g++", ["--version"]) },
  { debian: "make", present: () => succeeds("make", ["--version"]) },
  { debian: "python3", present: () => succeeds("python3", ["--version"]) },
  { debian: "pkg-config", present: () => succeeds("pkg-config", ["--version"]) },
  ...library("libkrb5-dev", "krb5-gssapi"),
  ...library("libx11-dev", "x11"),
  ...library("libxkbfile-dev", "xkbfile"),
  ...library("libsecret-1-dev", "libsecret-1"),
];

function library(debian: string, module: string): Need[] {
  return [{ debian, present: () => succeeds("pkg-config", ["--exists", module]) }];
}

/** The path of a Chromium on PATH. */
export async function findChromium(): Promise<string | undefined> {
  for (const name of CHROMIUM_NAMES) {
    for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
      const path = join(directory, name);
      if (isAbsolute(path) && await succeeds(path, ["--version"])) return path;
    }
  }
}

async function absent(): Promise<string[]> {
  const present = await Promise.all(NEEDS.map((need) => need.present()));
  return NEEDS.filter((_, index) => !present[index]).map(({ debian }) => debian);
}

/**
 * Installs missing packages from Debian's archive if it runs as root; otherwise only checks.
 *
 * @returns the packages that are still missing, one line each.
 */
export async function installSystemPackages(say: (line: string) => void): Promise<string[]> {
  const wanted = await absent();
  if (wanted.length === 0) return [];
  if (Deno.uid() !== 0 || !(await succeeds("apt-get", ["--version"]))) {
    say(`only root on Debian installs these: apt-get install ${wanted.join(" ")}`);
    return wanted.map((name) => `${name}: Debian's package is not installed`);
  }
  say(`installing from Debian: ${wanted.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  try {
    await runLogged("apt-get", ["update"], { env });
    await runLogged("apt-get", ["install", "-y", "--no-install-recommends", ...wanted], { env });
  } catch (error) {
    say(String(error));
  }
  return (await absent()).map((name) => `${name}: apt-get could not install it`);
}
