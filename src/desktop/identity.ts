import { basename, dirname } from "@std/path/posix";
import {
  sha256,
  system,
  type SystemContext,
  userDataDirectories,
  type UserDataDirectory,
} from "../platform/mod.ts";
import { DESKTOP_PRODUCTS, type DesktopProduct, productNamed } from "./products.ts";

/** The information in a main socket's path about its editor. */
export interface MainSocketIdentity {
  readonly product?: DesktopProduct;
  /** As far as the name contains it: newer editors keep its first four characters. */
  readonly version: string;
}

/** In a runtime directory, or of a pipe. */
const HASHED_NAME = /^(?:vscode-|\\\\\.\\pipe\\)([0-9a-f]{8})-(.+)-main[.-]sock$/;

/**
 * Names editors by their main sockets: the hash in the name is that of the user data directory,
 * with SHA-256, or with MD5 in versions before 2022.
 *
 * Source: microsoft/vscode `src/vs/base/parts/ipc/node/ipc.net.ts` (`createStaticIPCHandle`).
 */
export class MainSocketNames {
  readonly #directories: readonly UserDataDirectory[];
  readonly #digests = new Map<Digest, Map<string, string>>();

  constructor(context: SystemContext) {
    this.#directories = userDataDirectories(context);
  }

  async identify(path: string): Promise<MainSocketIdentity> {
    const [, hash, version] = HASHED_NAME.exec(basename(path)) ?? [];
    if (hash === undefined || version === undefined) {
      const directory = this.#directories.find(({ path: place }) => place === dirname(path));
      return { ...productOf(directory), version: basename(path).replace(/-main\.sock$/, "") };
    }
    const directory = this.#withHash(hash, sha256) ?? this.#withHash(hash, await loadMd5());
    return { ...productOf(directory), version };
  }

  /** Sequentially, because the first one applies to most users. */
  #withHash(hash: string, digest: Digest): UserDataDirectory | undefined {
    const digests = this.#digests.get(digest) ?? new Map<string, string>();
    this.#digests.set(digest, digests);
    return this.#directories.find(({ path }) => {
      const own = digests.get(path) ?? digest(path);
      digests.set(path, own);
      return own.startsWith(hash);
    });
  }
}

function productOf(directory: UserDataDirectory | undefined): { product?: DesktopProduct } {
  const product = DESKTOP_PRODUCTS.find(({ dataName }) => dataName === directory?.name);
  return product === undefined ? {} : { product };
}

/** The products of main sockets, each once, without asking any of them. */
export async function productsOf(
  sockets: readonly string[],
  context: SystemContext = system,
): Promise<DesktopProduct[]> {
  const names = new MainSocketNames(context);
  const identities = await Promise.all(sockets.map((path) => names.identify(path)));
  return [...new Set(identities.flatMap(({ product }) => product ?? []))];
}

/**
 * The product of a running program, by the name of its executable (Linux). This distinguishes
 * editors that were started with `--user-data-dir`.
 */
export function productOfProcess(pid: number): DesktopProduct | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return productNamed(basename(Deno.readLinkSync(`/proc/${pid}/exe`)));
  } catch {
    return undefined; // Ended, or not this user's process.
  }
}

/** The digest of a text in hexadecimal digits. */
type Digest = (text: string) => string;

let md5: Promise<Digest> | undefined;

/** Loaded on demand, so that newer editors do not cost its loading time. */
function loadMd5(): Promise<Digest> {
  return md5 ??= import("node:crypto").then(({ createHash }) => (text: string) =>
    createHash("md5").update(text).digest("hex")
  );
}
