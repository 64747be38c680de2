/**
 * Checks that a response from a socket is a registry's answer. Any program may listen where a
 * client looks for a registry, and the user may have named another program's socket.
 */
import type { Health, ListedSession, RankedSession } from "../protocol.ts";
import type { Session } from "../session.ts";

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isSession(value: unknown): value is Session {
  return isObject(value) && typeof value.socketPath === "string" && typeof value.kind === "string";
}

/** Checks the answer of `GET /session`. */
export function isFound(answer: unknown): answer is { socketPath?: string } {
  return isObject(answer) && ["string", "undefined"].includes(typeof answer.socketPath);
}

/** Checks the answer of `GET /v1/sessions`. */
export function isList(answer: unknown): answer is { sessions: ListedSession[] } {
  return isObject(answer) && Array.isArray(answer.sessions) && answer.sessions.every(isSession);
}

/** Checks the answer of `GET /v1/candidates`. */
export function isRanking(answer: unknown): answer is { candidates: RankedSession[] } {
  return isObject(answer) && Array.isArray(answer.candidates) &&
    answer.candidates.every((ranked: unknown) =>
      isObject(ranked) && isSession(ranked.session) &&
      (ranked.folder === null || typeof ranked.folder === "string")
    );
}

/** Checks the answer of `POST /v1/prune`. */
export function isPruned(answer: unknown): answer is { pruned: Session[] } {
  return isObject(answer) && Array.isArray(answer.pruned) && answer.pruned.every(isSession);
}

/** Checks the answer of `GET /healthz`. */
export function isHealth(answer: unknown): answer is Health {
  if (!isObject(answer)) return false;
  const isPath = (value: unknown) => value === null || typeof value === "string";
  return typeof answer.status === "string" && typeof answer.version === "string" &&
    ["pid", "sessions", "startedAt"].every((name) => typeof answer[name] === "number") &&
    isPath(answer.stateFile) && isPath(answer.ipcSocket);
}
