/** The step of the walk that found a destination. */
export type RoutingStep =
  | "to"
  | "hook"
  | "registry"
  | "code-server"
  | "instance"
  | "discovery"
  | "desktop"
  | "link"
  | "fleet";

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

/** A desktop editor, whose main process chooses one of its windows. */
export interface DesktopDestination {
  readonly kind: "desktop";
  readonly mainSocket: string;
  readonly step: RoutingStep;
  /** The folder of a window that holds the path, as people read it; null when none does. */
  readonly folder: string | null;
  /** The same as the window names it. */
  readonly folderUri: string | null;
  /** Such as `code` or `cursor`. */
  readonly editor: string;
  /** Such as `Visual Studio Code`. */
  readonly editorName: string;
  /** As far as the main socket's name holds it. */
  readonly version: string;
}

/** A machine that an ssh connection or the fleet leads to; it chooses one of its windows. */
export interface LinkDestination {
  readonly kind: "link";
  /** The socket that the ssh connection has forwarded to this machine, or the fleet's. */
  readonly linkSocket: string;
  readonly step: RoutingStep;
  /** The folder of a window there that holds the path; null when none does. */
  readonly folder: string | null;
  /** What the machine calls itself. */
  readonly host: string;
  /** How its editors know this machine. */
  readonly authority: string;
  /** Such as `Visual Studio Code`. */
  readonly editorName: string;
}

/** Where no window was found: the user's own command (`--launch`). */
export interface LaunchDestination {
  readonly kind: "launch";
  readonly command: string;
}

/** A window, of whatever kind. */
export type WindowDestination =
  | EditorDestination
  | InstanceDestination
  | DesktopDestination
  | LinkDestination;

/**
 * Where a path is opened. The kind says how something is sent there (`src/open/send.ts`); how it
 * was found is of no concern for that.
 */
export type Destination = WindowDestination | LaunchDestination;

/** What names a destination to people, and is the same however it was found. */
export function addressOf(destination: Destination): string {
  switch (destination.kind) {
    case "launch":
      return destination.command;
    case "desktop":
      return destination.mainSocket;
    case "link":
      return destination.linkSocket;
    default:
      return destination.socketPath;
  }
}
