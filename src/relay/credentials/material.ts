import { SessionctlError } from "../../errors.ts";
import { PathWatch } from "../../platform/mod.ts";
import { readAuthorities, readCredentials, readNamedFile } from "./certificate.ts";
import type { RelayConfig } from "../config.ts";
import { FileWatch, notUsed, type Reload, type Watched } from "./file_watch.ts";
import type { Material } from "../types.ts";

const MIN_TOKEN_LENGTH = 16;
/**
 * Interval of the checks during a change, or if the system does not report changes, in
 * milliseconds. A change is read at the second check.
 */
const LOOK_MS = 500;

type Name = keyof Material;
type Piece = Watched<Material[Name]> & { readonly name: Name };

/** The files of a configuration, each with its reader. */
function piecesOf(config: RelayConfig, log: (line: string) => void): Piece[] {
  const pieces: Piece[] = [];
  const { files } = config;
  if (files) {
    pieces.push({
      name: "credentials",
      what: "certificate",
      paths: [files.cert, files.key],
      read: () => readCredentials(files.cert, files.key),
    });
  }
  const add = (
    name: Name,
    what: string,
    path: string | undefined,
    read: (path: string) => Promise<string> | string,
  ) => {
    if (path !== undefined) pieces.push({ name, what, paths: [path], read: () => read(path) });
  };
  if (config.direction === "reverse") {
    add("ca", "CA", config.caPath, (path) => readAuthorities(path, "the CA"));
  } else {
    const { clientCaPath, tokenPath } = config.clients;
    add("clientCa", "client CA", clientCaPath, (path) => readAuthorities(path, "the client CA"));
    add("token", "token", tokenPath, (path) => readToken(path, log));
  }
  return pieces;
}

/** @throws {SessionctlError} `IO_ERROR`, `INVALID_CREDENTIALS`, naming the file. */
function readToken(path: string, log: (line: string) => void): string {
  const token = readNamedFile(path, "the token").trim();
  if (token.length < MIN_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(token)) {
    throw new SessionctlError(
      "INVALID_CREDENTIALS",
      `${path}: a token needs at least ${MIN_TOKEN_LENGTH} printable characters and no spaces`,
      { hint: `openssl rand -hex 32 > ${path}` },
    );
  }
  if (((Deno.statSync(path).mode ?? 0) & 0o077) !== 0) {
    log(`${path} can be read by others: chmod 600 ${path}`);
  }
  return token;
}

/**
 * Reads the files of a configuration; a TLS listener without files gets a temporary certificate.
 *
 * @param fallback The material to use in place of broken files, if any.
 * @throws {SessionctlError} that names the defect of a file.
 */
export async function readMaterial(
  config: RelayConfig,
  log: (line: string) => void,
  fallback: Material = {},
): Promise<Material> {
  const material: Record<string, unknown> = {};
  for (const { name, what, read } of piecesOf(config, log)) {
    try {
      material[name] = await read();
    } catch (error) {
      if (fallback[name] === undefined) throw error;
      log(notUsed(what, error));
      material[name] = fallback[name];
    }
  }
  if (config.direction === "reverse" || config.files) return material;
  const { selfSigned } = await import("./self_signed.ts");
  return { ...material, credentials: fallback.credentials ?? await selfSigned() };
}

/** Reads the material of a relay again when its files change, and on request. */
export class MaterialWatch {
  readonly #watches: FileWatch<Material[Name]>[];
  readonly #changes: PathWatch | undefined;
  #current: Material;
  #last: Reload | undefined;

  /**
   * @param current The material in use.
   * @param onChange Called with the part that changed.
   */
  constructor(
    config: RelayConfig,
    current: Material,
    onChange: (fresh: Material) => void,
    log: (line: string) => void,
  ) {
    this.#current = current;
    const pieces = piecesOf(config, log);
    this.#watches = pieces.map((piece) =>
      new FileWatch({
        watched: piece,
        current: current[piece.name],
        onChange: (fresh) => {
          const change = { [piece.name]: fresh };
          onChange(change);
          this.#current = { ...this.#current, ...change };
        },
        // If several are read at once, the broken one is reported.
        onReload: (reload) => {
          const isOlder = this.#last?.error !== undefined && reload.error === undefined &&
            this.#last.what !== reload.what && reload.at - this.#last.at < 1000;
          if (!isOlder) this.#last = reload;
        },
        log,
      })
    );
    if (pieces.length === 0) return;
    this.#changes = new PathWatch({
      // Not their folders: each change there would cost the runtime several system calls, and
      // up to 2.7 a watch that was closed goes on costing them.
      paths: pieces.flatMap(({ paths }) => paths),
      intervalMs: LOOK_MS,
      check: () => this.#watches.map((watch) => watch.look()).every(Boolean),
    });
  }

  /** The material in use now. */
  get current(): Material {
    return this.#current;
  }

  /** The last reload; undefined before the first. */
  get last(): Reload | undefined {
    return this.#last;
  }

  /** Reads all files now. @returns once their content is in use. */
  async reload(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.reload(true)));
  }

  close(): void {
    void this.#changes?.stop();
    for (const watch of this.#watches) watch.close();
  }
}
