import { monotonicMicroseconds, sendDatagram } from "./libc.ts";

/**
 * Number of attempts for a message while the manager has no room for it, and the pause between
 * them.
 */
const TRIES = 100;
const RETRY_MS = 20;

/**
 * Reports this process's state to the service manager that started it. Without a manager that
 * expects reports, every method does nothing.
 *
 * Source: sd_notify(3), sd_watchdog_enabled(3).
 */
export class ServiceNotifier {
  readonly #socket: string | undefined;
  readonly #watchdog: ReturnType<typeof setInterval> | undefined;
  /** Messages are sent one after another, because the last one must arrive last. */
  #sending: Promise<void> = Promise.resolve();

  private constructor(
    socket: string | undefined,
    watchdogMs: number | undefined,
    isWell: (limitMs: number) => Promise<boolean>,
  ) {
    this.#socket = socket;
    if (socket === undefined || watchdogMs === undefined) return;
    // Half as often would be enough, but one late answer must not end the service.
    const pauseMs = watchdogMs / 4;
    let asking = false;
    this.#watchdog = setInterval(async () => {
      if (asking) return;
      asking = true;
      if (await isWell(pauseMs).catch(() => false)) this.#say("WATCHDOG=1");
      asking = false;
    }, pauseMs);
    Deno.unrefTimer(Number(this.#watchdog));
  }

  /**
   * Reads and removes the manager's variables, because processes that this one starts must not
   * notify in its place.
   *
   * @param isWell Called before each watchdog signal, with the time limit of its answer in
   * milliseconds; without a yes, none is sent. A process that hangs sends none anyway.
   */
  static take(
    isWell: (limitMs: number) => Promise<boolean> = () => Promise.resolve(true),
  ): ServiceNotifier {
    const socket = takeVariable("NOTIFY_SOCKET");
    const microseconds = Number(takeVariable("WATCHDOG_USEC"));
    const pid = takeVariable("WATCHDOG_PID");
    const isUsable = Deno.build.os === "linux" && socket !== undefined && /^[/@]/.test(socket);
    const isWatched = microseconds >= 1 && (pid === undefined || Number(pid) === Deno.pid);
    return new ServiceNotifier(
      isUsable ? socket : undefined,
      isWatched ? microseconds / 1000 : undefined,
      isWell,
    );
  }

  /**
   * Reports that it has started or reloaded its configuration. @param status One line for users.
   */
  ready(status: string): void {
    this.#say(`READY=1\nSTATUS=${status.replaceAll("\n", " ")}`);
  }

  reloading(): void {
    if (this.#socket === undefined) return;
    this.#say(`RELOADING=1\nMONOTONIC_USEC=${monotonicMicroseconds()}`);
  }

  /** @param status One line for users. */
  stopping(status: string): void {
    this.#say(`STOPPING=1\nSTATUS=${status.replaceAll("\n", " ")}`);
  }

  /** Stops the automatic watchdog signals. */
  close(): void {
    clearInterval(this.#watchdog);
  }

  #say(message: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#sending = this.#sending.then(async () => {
      for (let tries = 1; !sendDatagram(socket, message) && tries < TRIES; tries++) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    });
  }
}

/** A variable that is meant for this process only; undefined if it is not set. */
export function takeVariable(name: string): string | undefined {
  const value = Deno.env.get(name);
  if (value !== undefined) Deno.env.delete(name);
  return value === "" ? undefined : value;
}
