import { defineService, type ServiceDefinition } from "../ipc/mod.ts";
import type { ExitDecision } from "./types.ts";

/** The calls of every own child to its parent. */
export interface ParentService {
  /** Requests the arguments, as the child's first call. */
  handshake(version: string): Promise<unknown>;
  /** Reports that the child is ready. */
  ready(): Promise<void>;
  /** Reports that the child cannot start and is about to end. */
  failed(code: string, message: string, hint: string | undefined): Promise<void>;
  /** Requests to exit although the child has unfinished work. */
  requestExit(code: number, unfinished: readonly string[]): Promise<ExitDecision>;
  /** Requests a restart, as the given version if known. */
  relaunch(version: string | undefined): Promise<void>;
}

export const parentService: ServiceDefinition<ParentService> = /* @__PURE__ */ defineService<
  ParentService
>("parent");

/** The arguments of a guard in the handshake. */
export interface GuardOrder {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly clearEnv: boolean;
  readonly cwd: string | undefined;
  readonly spareSessions: boolean;
  /** Marks the processes of this guard, independent of their current parents. */
  readonly mark: string;
}

/** Further calls of a guard to its parent. */
export interface GuardParentService {
  started(pid: number): Promise<void>;
  /** Reports that the program has ended, and none of its processes is left. */
  exited(code: number, signal: string | null): Promise<void>;
}

export const guardParentService: ServiceDefinition<GuardParentService> =
  /* @__PURE__ */ defineService<GuardParentService>("guard-parent");

/** The calls of a parent to its guard. */
export interface GuardService {
  /** Sends a signal to the program's group. */
  signal(name: string): Promise<void>;
  /** Ends the program and all its descendants. */
  kill(): Promise<void>;
}

export const guardService: ServiceDefinition<GuardService> = /* @__PURE__ */ defineService<
  GuardService
>("guard");

/** The context string of a child's connection. */
export const childContext = (pid: number): string => `sessionctl child ${pid}`;
