/**
 * Types of what we use from the standard library. The npm mirror that the
 * import map names ships JavaScript without declarations, so these say, in our
 * own words, what each function takes and gives. Moving the import map to
 * `jsr:` makes this file unnecessary.
 */

declare module "@std/assert" {
  export class AssertionError extends Error {}
  export function assert(
    condition: unknown,
    message?: string,
  ): asserts condition;
  export function assertEquals<T>(
    actual: T,
    expected: T,
    message?: string,
  ): void;
  export function assertNotEquals<T>(
    actual: T,
    expected: T,
    message?: string,
  ): void;
  export function assertStrictEquals<T>(
    actual: unknown,
    expected: T,
    message?: string,
  ): void;
  export function assertMatch(
    actual: string,
    expected: RegExp,
    message?: string,
  ): void;
  export function assertNotMatch(
    actual: string,
    expected: RegExp,
    message?: string,
  ): void;
  export function assertStringIncludes(
    actual: string,
    expected: string,
    message?: string,
  ): void;
  export function assertExists<T>(
    actual: T,
    message?: string,
  ): asserts actual is NonNullable<T>;
  export function assertLess<T>(actual: T, expected: T, message?: string): void;
  export function assertGreater<T>(
    actual: T,
    expected: T,
    message?: string,
  ): void;
  export function assertGreaterOrEqual<T>(
    actual: T,
    expected: T,
    message?: string,
  ): void;
  export function assertInstanceOf<T>(
    actual: unknown,
    // deno-lint-ignore no-explicit-any
    expected: abstract new (...args: any[]) => T,
    message?: string,
  ): asserts actual is T;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any
    errorClass?: abstract new (...args: any[]) => E,
    messageIncludes?: string,
  ): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any
    errorClass?: abstract new (...args: any[]) => E,
    messageIncludes?: string,
  ): Promise<E>;
  export function fail(message?: string): never;
}

declare module "@std/async/deadline" {
  /** Rejects with a `TimeoutError` DOMException after `ms` milliseconds. */
  export function deadline<T>(
    promise: Promise<T>,
    ms: number,
    options?: { signal?: AbortSignal },
  ): Promise<T>;
}

declare module "@std/async/delay" {
  export function delay(
    ms: number,
    options?: { signal?: AbortSignal; persistent?: boolean },
  ): Promise<void>;
}

declare module "@std/cli/parse-args" {
  export interface ParseArgsOptions {
    boolean?: readonly string[];
    string?: readonly string[];
    collect?: readonly string[];
    negatable?: readonly string[];
    alias?: Record<string, string | readonly string[]>;
    default?: Record<string, unknown>;
    stopEarly?: boolean;
    "--"?: boolean;
    /** Called for each unknown option or operand; `false` drops it. */
    unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }
  export function parseArgs(
    args: readonly string[],
    options?: ParseArgsOptions,
  ): { _: (string | number)[]; [name: string]: unknown };
}

declare module "@std/fmt/colors" {
  export function setColorEnabled(value: boolean): void;
  export function bold(text: string): string;
  export function dim(text: string): string;
  export function red(text: string): string;
  export function green(text: string): string;
  export function yellow(text: string): string;
  export function cyan(text: string): string;
}

declare module "@std/http/status" {
  export const STATUS_CODE: {
    readonly SwitchingProtocols: 101;
    readonly OK: 200;
    readonly BadRequest: 400;
    readonly NotFound: 404;
    readonly MethodNotAllowed: 405;
    readonly RequestTimeout: 408;
    readonly ContentTooLarge: 413;
    readonly UnsupportedMediaType: 415;
    readonly UpgradeRequired: 426;
    readonly RequestHeaderFieldsTooLarge: 431;
    readonly InternalServerError: 500;
    readonly NotImplemented: 501;
    readonly ServiceUnavailable: 503;
    readonly HTTPVersionNotSupported: 505;
    readonly InsufficientStorage: 507;
  };
  export const STATUS_TEXT: Readonly<Record<number, string>>;
}

declare module "@std/path" {
  export function basename(path: string, suffix?: string): string;
  export function dirname(path: string): string;
  export function extname(path: string): string;
  export function isAbsolute(path: string): boolean;
  export function join(...paths: string[]): string;
  export function normalize(path: string): string;
  export function relative(from: string, to: string): string;
  export function resolve(...paths: string[]): string;
  export function toFileUrl(path: string): URL;
  export function fromFileUrl(url: string | URL): string;
}

declare module "@std/path/posix" {
  export function basename(path: string, suffix?: string): string;
  export function dirname(path: string): string;
  export function isAbsolute(path: string): boolean;
  export function join(...paths: string[]): string;
  export function normalize(path: string): string;
  export function resolve(...paths: string[]): string;
  export function toFileUrl(path: string): URL;
  export function fromFileUrl(url: string | URL): string;
}

declare module "@std/text/closest-string" {
  export function closestString(
    word: string,
    candidates: readonly string[],
  ): string;
}

declare module "ws" {
  // The part of `ws` that the registry's WebSocket endpoints use.
  import type { Duplex } from "node:stream";
  export class WebSocket {
    send(data: string | Uint8Array, done?: (error?: Error) => void): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
    ping(): void;
    pause(): void;
    resume(): void;
    readonly isPaused: boolean;
    readonly bufferedAmount: number;
    on(
      event: "message",
      listener: (
        data: Uint8Array | ArrayBuffer | Uint8Array[],
        isBinary: boolean,
      ) => void,
    ): this;
    on(
      event: "close",
      listener: (code: number, reason: Uint8Array) => void,
    ): this;
    on(event: "error", listener: (error: Error) => void): this;
  }
  export class WebSocketServer {
    constructor(options: {
      noServer: true;
      maxPayload?: number;
      perMessageDeflate?: boolean;
      clientTracking?: boolean;
    });
    handleUpgrade(
      request: { method: string; url: string; headers: Record<string, string> },
      socket: Duplex,
      head: Uint8Array,
      done: (socket: WebSocket) => void,
    ): void;
  }
}
