/** The properties of the machine that the path rules need; tests provide their own. */
export interface SystemContext {
  /** The operating system. */
  readonly os: "linux" | "darwin" | "windows";
  /** The user id of this process. */
  readonly uid: number;
  /** The value of an environment variable; undefined if it is unset or empty. */
  env(name: string): string | undefined;
  /** Whether `path` is a directory. */
  isDirectory(path: string): boolean;
  /** The user id that owns the file at `path`; undefined if it cannot be determined. */
  ownerOf(path: string): number | undefined;
  /** The text of a file; undefined if it cannot be read. */
  readTextFile(path: string): string | undefined;
}

/** The machine on which this process runs. */
export const system: SystemContext = {
  os: Deno.build.os === "darwin" || Deno.build.os === "windows" ? Deno.build.os : "linux",
  get uid() {
    return Deno.uid() ?? 0;
  },
  // An empty variable counts as unset, as the XDG specification requires.
  env: (name) => Deno.env.get(name) || undefined,
  isDirectory(path) {
    try {
      return Deno.statSync(path).isDirectory;
    } catch {
      return false;
    }
  },
  ownerOf(path) {
    try {
      return Deno.statSync(path).uid ?? undefined;
    } catch {
      return undefined;
    }
  },
  readTextFile(path) {
    try {
      return Deno.readTextFileSync(path);
    } catch {
      return undefined;
    }
  },
};

/** The machine as another user's programs see it, with an unknown environment. */
export function systemOf(uid: number, context: SystemContext = system): SystemContext {
  return { ...context, uid, env: () => undefined };
}
