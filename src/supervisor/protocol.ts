import { defineService, type ServiceDefinition } from "../ipc/mod.ts";
import type { ExitDecision } from "./types.ts";

/** What every child of ours may call at its parent. */
export interface ParentService {
  /** Asks for the arguments; the first thing a child does. */
  handshake(version: string): Promise<unknown>;
  /** It does what it was started for. */
  ready(): Promise<void>;
  /** It cannot do that, and is about to end. */
  failed(code: string, message: string, hint: string | undefined): Promise<void>;
  /** It would like to exit although it has unfinished work. */
  requestExit(code: number, unfinished: readonly string[]): Promise<ExitDecision>;
  /** It would like to be started again, as the given version if it knows. */
  relaunch(version: string | undefined): Promise<void>;
}

export const parentService: ServiceDefinition<ParentService> = /* @__PURE__ */ defineService<
  ParentService
>("parent");

/** What a guard is told in the handshake. */
export interface GuardOrder {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly clearEnv: boolean;
  readonly cwd: string | undefined;
  readonly spareSessions: boolean;
  /** How the processes that belong to this guard are known, whoever is their parent by then. */
  readonly mark: string;
}

/** What a guard calls at its parent besides. */
export interface GuardParentService {
  started(pid: number): Promise<void>;
  /** It has ended, and nothing it has started is left. */
  exited(code: number, signal: string | null): Promise<void>;
}

export const guardParentService: ServiceDefinition<GuardParentService> =
  /* @__PURE__ */ defineService<GuardParentService>("guard-parent");

/** What a guard does for its parent. */
export interface GuardService {
  /** Sends a signal to the program's group. */
  signal(name: string): Promise<void>;
  /** Ends the program and all it has started. */
  kill(): Promise<void>;
}

export const guardService: ServiceDefinition<GuardService> = /* @__PURE__ */ defineService<
  GuardService
>("guard");

/** How a child's connection begins: it says whose it is. */
export const childContext = (pid: number): string => `sessionctl child ${pid}`;
