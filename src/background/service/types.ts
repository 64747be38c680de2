/** What a service manager is to keep running. */
export interface Service {
  /** What the manager calls it, without an ending such as `.service`. */
  readonly name: string;
  readonly description: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether SIGHUP makes it load its files again. */
  readonly reloads?: boolean;
  /** How long it may take to end before it is killed, in seconds; `Infinity` for ever. */
  readonly stopSeconds: number;
  /** Where it works; the manager's default (the home directory, or `/`) unless given. */
  readonly workingDirectory?: string;
  /**
   * What it needs of the system: Unix sockets only, the network, or all that the user may
   * do, because terminals run below it.
   */
  readonly needs: "unix-sockets" | "network" | "everything";
}

/** What the manager says of a service. */
export interface ServiceState {
  readonly enabled: boolean;
  readonly active: boolean;
  readonly pid: number | null;
  /** Why the manager could not be asked. */
  readonly trouble?: string;
}

/** A command line that was run, or is to be run by hand. */
export type Step = readonly string[];

/** systemd or launchd. */
export interface ServiceManager {
  readonly kind: "systemd" | "launchd";
  /** Where the file of a service lies. */
  filePath(name: string): string;
  /** The whole text of its file. */
  render(service: Service): string;
  /** What makes the manager run it. @param known Whether an older file of it was in place. */
  installSteps(name: string, known: boolean): Step[];
  /** What makes the manager end and forget it; its file is removed after the first `before`. */
  uninstallSteps(name: string): { readonly before: Step[]; readonly after: Step[] };
  state(name: string): Promise<ServiceState>;
}

/** The first line of every file we write: others are never replaced or removed. */
export const MARK = "Written by: sessionctl service install";
