import { type ErrorCode, SessionctlError } from "../errors.ts";

/** The exit codes of the process, which the README documents. */
export const ExitCode = {
  /** Done. */
  Done: 0,
  /** Nothing matched, or the editor refused. */
  Failed: 1,
  /** The command line is wrong. */
  Usage: 2,
  /** No registry answers. */
  Unreachable: 3,
  /** A time limit was exceeded. */
  TimedOut: 4,
} as const;

const byErrorCode: Partial<Record<ErrorCode, number>> = {
  USAGE: ExitCode.Usage,
  INVALID_ARGUMENT: ExitCode.Usage,
  SOCKET_PATH_INVALID: ExitCode.Usage,
  REGISTRY_UNREACHABLE: ExitCode.Unreachable,
  FLEET_UNAVAILABLE: ExitCode.TimedOut,
  TIMED_OUT: ExitCode.TimedOut,
  MESSAGE_UNREAD: ExitCode.TimedOut,
};

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof SessionctlError)) return ExitCode.Failed;
  return byErrorCode[error.code] ?? ExitCode.Failed;
}
