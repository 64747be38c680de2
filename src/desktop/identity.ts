import { basename, dirname } from "@std/path/posix";
import { system, type SystemContext, userDataDirectories } from "../platform/mod.ts";
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
  readonly #context: SystemContext;
  readonly #byHash: Partial<Record<"sha256" | "md5", Promise<Map<string, DesktopProduct>>>> = {};

  constructor(context: SystemContext) {
    this.#context = context;
  }

  async identify(path: string): Promise<MainSocketIdentity> {
    const [, hash, version] = RUNTIME_NAME.exec(basename(path)) ?? [];
    if (hash === undefined || version === undefined) {
      return {
        product: this.#ofDirectory(dirname(path)),
        version: basename(path).replace(/-main\.sock$/, ""),
      };
    }
    const product = (await this.#hashes("sha256")).get(hash) ??
      (await this.#hashes("md5")).get(hash);
    return { product, version };
  }

  #ofDirectory(directory: string): DesktopProduct | undefined {
    const known = userDataDirectories(this.#context).find(({ path }) => path === directory);
    return DESKTOP_PRODUCTS.find(({ dataName }) => dataName === known?.name);
  }

  #hashes(algorithm: "sha256" | "md5"): Promise<Map<string, DesktopProduct>> {
    return this.#byHash[algorithm] ??= this.#hashAll(algorithm);
  }

  async #hashAll(algorithm: "sha256" | "md5"): Promise<Map<string, DesktopProduct>> {
    const hashes = new Map<string, DesktopProduct>();
    const digest = algorithm === "sha256" ? sha256 : await md5();
    for (const { path, name } of userDataDirectories(this.#context)) {
      const product = DESKTOP_PRODUCTS.find(({ dataName }) => dataName === name);
      if (product) hashes.set((await digest(path)).slice(0, 8), product);
    }
    return hashes;
  }
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

async function sha256(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Web Crypto has no MD5, and loading `node:crypto` takes time that newer editors do not cost. */
async function md5(): Promise<(text: string) => string> {
  const { createHash } = await import("node:crypto");
  return (text) => createHash("md5").update(text).digest("hex");
}
