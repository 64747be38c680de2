/** A program that a service manager keeps running. */
export interface ManagedService {
  /** The manager's name for it, without an ending such as `.service`. */
  readonly name: string;
  readonly description: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether SIGHUP makes it reload its files. */
  readonly reloads?: boolean;
  /** Time limit for it to end before it is killed, in seconds; `Infinity` for none. */
  readonly stopSeconds: number;
  /** Its working directory; by default that of the manager (the home directory, or `/`). */
  readonly workingDirectory?: string;
  /**
   * Its needs from the system: only Unix sockets, the network, or everything that the user may do,
   * because it runs terminals.
   */
  readonly needs: "unix-sockets" | "network" | "everything";
  /** The socket that the manager binds for the service, if it can (systemd). */
  readonly socket?: ServiceSocket;
  /** With `socket`: whether only the first client starts the service. */
  readonly onDemand?: boolean;
}

/** A socket that a service manager binds, and passes to the service once a client has connected. */
export type ServiceSocket =
  & {
    /** The command that ends any other listener there; it gets the option `--socket`. */
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

/** The state of a service according to the manager. */
export interface ServiceState {
  readonly enabled: boolean;
  readonly active: boolean;
  readonly pid: number | null;
  /** The file that the manager uses. */
  readonly file?: string;
  /**
   * The service's socket, if any: its state in the manager's words, and whether clients can
   * connect.
   */
  readonly socket?: { readonly state: string; readonly listening: boolean };
  /** Why the manager could not be reached. */
  readonly trouble?: string;
}

/** A command line that was run, or that the user should run. */
export type Step = readonly string[];

/** systemd or launchd. */
export interface ServiceManager {
  readonly kind: "systemd" | "launchd";
  /** The paths of a service's files: its own, then that of its socket if it can have one. */
  filePaths(name: string): string[];
  /** The files of a service, its own first. */
  render(service: ManagedService): ServiceFile[];
  /**
   * The steps that make the manager run it. @param known Whether older files of it were in place.
   */
  installSteps(service: ManagedService, known: boolean): Step[];
  /** The steps that make the manager drop the socket of a service that no longer has one. */
  dropSocketSteps(name: string): Step[];
  /** The steps that make the manager stop and forget it; its files are removed after `before`. */
  uninstallSteps(
    name: string,
    hasSocket: boolean,
  ): { readonly before: Step[]; readonly after: Step[] };
  state(name: string): Promise<ServiceState>;
}

/** The first line of every file that we write; other files are never replaced or removed. */
export const MARK = "Written by: sessionctl service install";
