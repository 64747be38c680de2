import { SessionctlError } from "../../errors.ts";
import { messageOf } from "../../errors.ts";

/** The files that authenticate a fleet's member to the engine, and the engine to it. */
export interface EngineFiles {
  /** Certificates of the authorities for checking the engine's certificate, in PEM. */
  readonly ca?: string;
  /** The client's certificate in PEM. It needs `key`. */
  readonly cert?: string;
  /** The key of `cert` in PEM. */
  readonly key?: string;
  /** The user's name at the engine. It needs `passwordFile`. */
  readonly user?: string;
  /** A file whose first line is the password. */
  readonly passwordFile?: string;
}

/** The contents of the files, from {@link readEngineCredentials}. */
export interface EngineCredentials {
  readonly caCerts?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly login?: { readonly name: string; readonly password: string };
}

/** Certificates and keys are a few kilobytes long. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads the files.
 *
 * @throws {SessionctlError} `INVALID_CREDENTIALS`, naming the file that cannot be read.
 */
export async function readEngineCredentials(files: EngineFiles): Promise<EngineCredentials> {
  const [ca, cert, key, password] = await Promise.all(
    [files.ca, files.cert, files.key, files.passwordFile].map(readSmall),
  );
  return {
    ...ca !== undefined && { caCerts: [ca] },
    ...cert !== undefined && { cert },
    ...key !== undefined && { key },
    ...files.user !== undefined && password !== undefined && {
      login: { name: files.user, password: password.split(/\r?\n/, 1)[0]! },
    },
  };
}

async function readSmall(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new SessionctlError("INVALID_CREDENTIALS", `${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
