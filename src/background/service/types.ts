/** What a service manager is to keep running. */
export interface ManagedService {
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
  /** The socket that the manager binds for the service, where it can (systemd). */
  readonly socket?: ServiceSocket;
  /** With `socket`: whether the first client starts the service, and nothing before. */
  readonly onDemand?: boolean;
}

/** A socket that a service manager binds, and passes to the service when a client has connected. */
export type ServiceSocket =
  & {
    /** The command that ends whatever else listens there; it gets the option `--socket`. */
    readonly replaces?: readonly string[];
  }
  & (
    | {
      readonly kind: "path" | "address";
      /** The absolute path of a Unix socket, or `ADDRESS:PORT`. */
      readonly listen: string;
    }
    | {
      readonly kind: "runtime";
      /** The path of a Unix socket below the user's runtime directory. */
      readonly path: string;
    }
  );

/** A file of a service manager. */
export interface ServiceFile {
  readonly path: string;
  readonly text: string;
}

/** What the manager says of a service. */
export interface ServiceState {
  readonly enabled: boolean;
  readonly active: boolean;
  readonly pid: number | null;
  /** The file that the manager uses. */
  readonly file?: string;
  /** The service's socket, if it has one: in the manager's words, and whether clients can connect. */
  readonly socket?: { readonly state: string; readonly listening: boolean };
  /** Why the manager could not be asked. */
  readonly trouble?: string;
}

/** A command line that was run, or is to be run by hand. */
export type Step = readonly string[];

/** systemd or launchd. */
export interface ServiceManager {
  readonly kind: "systemd" | "launchd";
  /** Where the files of a service lie: its own file, then that of its socket if there can be one. */
  filePaths(name: string): string[];
  /** The files of a service: its own first. */
  render(service: ManagedService): ServiceFile[];
  /** What makes the manager run it. @param known Whether older files of it were in place. */
  installSteps(service: ManagedService, known: boolean): Step[];
  /** What makes the manager give up the socket that a service has no more. */
  dropSocketSteps(name: string): Step[];
  /** What makes the manager end and forget it; its files are removed after `before`. */
  uninstallSteps(
    name: string,
    hasSocket: boolean,
  ): { readonly before: Step[]; readonly after: Step[] };
  state(name: string): Promise<ServiceState>;
}

/** The first line of every file we write: others are never replaced or removed. */
export const MARK = "Written by: sessionctl service install";
