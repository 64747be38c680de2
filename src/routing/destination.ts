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
  /** The folder of the window that holds the path; null if unknown. */
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
  /** The folder of a window that holds the path, for display; null if none does. */
  readonly folder: string | null;
  /** The same folder as the window names it. */
  readonly folderUri: string | null;
  /** The product's id, such as `code` or `cursor`. */
  readonly editor: string;
  /** The product's name, such as `Visual Studio Code`. */
  readonly editorName: string;
  /** The version, as far as the name of the main socket contains it. */
  readonly version: string;
}

/** A machine reached by an ssh connection or the fleet; it chooses one of its windows. */
export interface LinkDestination {
  readonly kind: "link";
  /** The socket that the ssh connection has forwarded to this machine, or the fleet's. */
  readonly linkSocket: string;
  readonly step: RoutingStep;
  /** The folder of a window there that holds the path; null if none does. */
  readonly folder: string | null;
  /** The name that the machine reports. */
  readonly host: string;
  /** The authority under which its editors know this machine. */
  readonly authority: string;
  /** The product's name, such as `Visual Studio Code`. */
  readonly editorName: string;
}

/** The user's own command (`--launch`), if no window was found. */
export interface LaunchDestination {
  readonly kind: "launch";
  readonly command: string;
}

/** A window of any kind. */
export type WindowDestination =
  | EditorDestination
  | InstanceDestination
  | DesktopDestination
  | LinkDestination;

/**
 * The place where a path is opened. The kind determines how a request is sent there
 * (`src/open/send.ts`), independent of the step that found it.
 */
export type Destination = WindowDestination | LaunchDestination;

/** The address of a destination for display, independent of the step that found it. */
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
