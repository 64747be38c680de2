/**
 * The pinned pair for networks that reach the npm registry and nothing else: the
 * Deno 2.7.11 command line, and the base runtime ("denort") of the same version.
 *
 * npm has no package of denort. `@stdy/cli-linux-x64` (MIT) ships an executable that
 * `deno compile` made; it is denort with a section appended, and its last 16 bytes
 * tell, in little endian, u32 0x501e, u32 a hash, u64 the section's length. What comes
 * before the section is denort unchanged. Both files are checked against their hashes.
 */
import { join } from "@std/path";
import { type PinnedPackage, unpackPackage } from "./npm_package.ts";

const VERSION = "2.7.11";
const DENO_PACKAGE: PinnedPackage = {
  name: "@deno/linux-x64-glibc",
  version: VERSION,
  integrity:
    "sha512-TCRXqy4rHI+pKmWfjIz/qfDyfTz61qhxj+03kEJ3r0YzRGsXNoHyE7WiUawwUK2hbrBAu7hn3m5833VUYqRzOg==",
};
const CARRIER_PACKAGE: PinnedPackage = {
  name: "@stdy/cli-linux-x64",
  version: "0.22.2",
  integrity:
    "sha512-kp5QdG26EC8gEzVXI0YgzmiiFHz7DFCNRLNfAWa2rDPHr/jUBnfkP8AlbTPmv0YNQpnKn1wzSWHFw88fn/OTog==",
};
const CARRIER_FILE = "package/bin/steady";
const DENORT_SHA256 = "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6";
const TRAILER_MAGIC = 0x501e;

export interface PinnedRuntime {
  readonly version: string;
  /** The command line's path. */
  readonly deno: string;
  /** The base runtime's path. */
  readonly denort: string;
}

/**
 * Installs the pair under `.deno/` unless it is there already.
 *
 * @param root The repository's directory.
 * @throws {Error} when npm cannot fetch a package or a hash differs.
 */
export async function pinnedRuntime(root: string): Promise<PinnedRuntime> {
  const home = join(root, ".deno", `pinned-${VERSION}`);
  const pair = {
    version: VERSION,
    deno: join(home, "deno"),
    denort: join(home, "denort"),
  };
  if (await exists(pair.deno) && await exists(pair.denort)) return pair;
  await Deno.mkdir(join(root, ".deno"), { recursive: true });
  const fresh = await Deno.makeTempDir({
    dir: join(root, ".deno"),
    prefix: "pinned-",
  });
  try {
    await Deno.rename(
      await unpack(DENO_PACKAGE, "package/deno", fresh),
      join(fresh, "deno"),
    );
    const carrier = await Deno.readFile(
      await unpack(CARRIER_PACKAGE, CARRIER_FILE, fresh),
    );
    await Deno.writeFile(join(fresh, "denort"), await extractDenort(carrier));
    for (const name of ["deno", "denort"]) {
      await Deno.chmod(join(fresh, name), 0o755);
    }
    await Deno.remove(join(fresh, "package"), { recursive: true });
    // Somebody else may have been faster; theirs passed the same checks.
    await Deno.rename(fresh, home).catch(() => {});
  } finally {
    await Deno.remove(fresh, { recursive: true }).catch(() => {});
  }
  return pair;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Unpacks one file of a package; gives its path. */
async function unpack(what: PinnedPackage, file: string, directory: string): Promise<string> {
  await unpackPackage(what, [file], directory);
  return join(directory, file);
}

async function extractDenort(
  carrier: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const trailer = new DataView(
    carrier.buffer,
    carrier.byteOffset + carrier.length - 16,
    16,
  );
  if (trailer.getUint32(0, true) !== TRAILER_MAGIC) {
    throw new Error("the carrier has no trailer");
  }
  const denort = carrier.slice(
    0,
    carrier.length - Number(trailer.getBigUint64(8, true)),
  );
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", denort))
    .toHex();
  if (found !== DENORT_SHA256) {
    throw new Error(`denort is not the pinned one: ${found}`);
  }
  return denort;
}
