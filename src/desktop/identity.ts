import { basename, dirname } from "@std/path/posix";
import {
  system,
  type SystemContext,
  userDataDirectories,
  type UserDataDirectory,
} from "../platform/mod.ts";
import { DESKTOP_PRODUCTS, type DesktopProduct, productNamed } from "./products.ts";

/** What a main socket's path tells of its editor. */
export interface MainSocketIdentity {
  readonly product?: DesktopProduct;
  /** As far as the name holds it: newer editors keep its first four characters. */
  readonly version: string;
}

const RUNTIME_NAME = /^vscode-([0-9a-f]{8})-(.+)-main\.sock$/;

/**
 * Names editors by their main sockets: the hash in the name is that of the user data directory,
 * by SHA-256, in versions before 2022 by MD5.
 *
 * Source: microsoft/vscode `src/vs/base/parts/ipc/node/ipc.net.ts` (`createStaticIPCHandle`).
 */
export class MainSocketNames {
  readonly #directories: readonly UserDataDirectory[];
  readonly #digests = new Map<string, Promise<string>>();

  constructor(context: SystemContext) {
    this.#directories = userDataDirectories(context);
  }

  async identify(path: string): Promise<MainSocketIdentity> {
    const [, hash, version] = RUNTIME_NAME.exec(basename(path)) ?? [];
    if (hash === undefined || version === undefined) {
      const directory = this.#directories.find(({ path: place }) => place === dirname(path));
      return { ...productOf(directory), version: basename(path).replace(/-main\.sock$/, "") };
    }
    const directory = await this.#withHash(hash, "sha256") ?? await this.#withHash(hash, "md5");
    return { ...productOf(directory), version };
  }

  /** One after another, because the first is the one of most people. */
  async #withHash(hash: string, algorithm: Algorithm): Promise<UserDataDirectory | undefined> {
    for (const directory of this.#directories) {
      const key = `${algorithm} ${directory.path}`;
      const digest = this.#digests.get(key) ?? hexDigest(algorithm, directory.path);
      this.#digests.set(key, digest);
      if ((await digest).startsWith(hash)) return directory;
    }
    return undefined;
  }
}

function productOf(directory: UserDataDirectory | undefined): { product?: DesktopProduct } {
  const product = DESKTOP_PRODUCTS.find(({ dataName }) => dataName === directory?.name);
  return product === undefined ? {} : { product };
}

/** The products that main sockets are of, each once, without asking any. */
export async function productsOf(
  sockets: readonly string[],
  context: SystemContext = system,
): Promise<DesktopProduct[]> {
  const names = new MainSocketNames(context);
  const identities = await Promise.all(sockets.map((path) => names.identify(path)));
  return [...new Set(identities.flatMap(({ product }) => product ?? []))];
}

/**
 * The product of a running program, by the name of its executable (Linux). It tells those apart
 * that were started with `--user-data-dir`.
 */
export function productOfProcess(pid: number): DesktopProduct | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return productNamed(basename(Deno.readLinkSync(`/proc/${pid}/exe`)));
  } catch {
    return undefined; // It has ended, or is not this user's.
  }
}

type Algorithm = "sha256" | "md5";

async function hexDigest(algorithm: Algorithm, text: string): Promise<string> {
  if (algorithm === "md5") {
    // Web Crypto has no MD5, and loading `node:crypto` takes time that newer editors do not cost.
    const { createHash } = await import("node:crypto");
    return createHash("md5").update(text).digest("hex");
  }
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
