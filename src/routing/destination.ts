/** The step of the walk that found a destination. */
export type RoutingStep =
  | "to"
  | "hook"
  | "registry"
  | "code-server"
  | "instance"
  | "discovery";

interface Found {
  readonly socketPath: string;
  readonly step: RoutingStep;
  /** The folder of the window that holds the path; null when that is not known. */
  readonly folder: string | null;
}

/** An editor window, which gets messages on its editor socket. */
export interface EditorDestination extends Found {
  readonly kind: "editor";
}

/** An instance, which gets requests on its instance socket. */
export interface InstanceDestination extends Found {
  readonly kind: "instance";
}

/** Where no window was found: the user's own command (`--launch`). */
export interface LaunchDestination {
  readonly kind: "launch";
  readonly command: string;
}

/** A window, of whatever kind. */
export type WindowDestination = EditorDestination | InstanceDestination;

/**
 * Where a path is opened. The kind says how something is sent there (`src/open/send.ts`); how it
 * was found is of no concern for that.
 */
export type Destination = WindowDestination | LaunchDestination;

/** What names a destination to people, and is the same however it was found. */
export function addressOf(destination: Destination): string {
  return destination.kind === "launch" ? destination.command : destination.socketPath;
}
