import { monotonicMicroseconds, sendDatagram } from "./libc.ts";

/** How often a message that the manager has no room for is tried, and how long between. */
const TRIES = 100;
const RETRY_MS = 20;

/**
 * Tells the service manager that started this process how it is. Without a manager that wants
 * to know, every method does nothing.
 *
 * Source: sd_notify(3), sd_watchdog_enabled(3).
 */
export class ServiceNotifier {
  readonly #socket: string | undefined;
  readonly #watchdog: ReturnType<typeof setInterval> | undefined;
  /** One message after another: what is said last must arrive last. */
  #sending: Promise<void> = Promise.resolve();

  private constructor(
    socket: string | undefined,
    watchdogMs: number | undefined,
    isWell: (limitMs: number) => Promise<boolean>,
  ) {
    this.#socket = socket;
    if (socket === undefined || watchdogMs === undefined) return;
    // Half as often would do, but one answer that is late must not end the service.
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
   * Takes what the manager has put into the environment: what this process starts must not
   * speak in its name.
   *
   * @param isWell Asked before each sign of life: without a yes none is sent. Is told how long
   * the answer may take, in milliseconds. A process that hangs sends none in any case.
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

  /** It has started, or loaded its configuration again. @param status For people, in one line. */
  ready(status: string): void {
    this.#say(`READY=1\nSTATUS=${status.replaceAll("\n", " ")}`);
  }

  reloading(): void {
    if (this.#socket === undefined) return;
    this.#say(`RELOADING=1\nMONOTONIC_USEC=${monotonicMicroseconds()}`);
  }

  /** @param status For people, in one line. */
  stopping(status: string): void {
    this.#say(`STOPPING=1\nSTATUS=${status.replaceAll("\n", " ")}`);
  }

  /** Says nothing more of its own accord. */
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

/** A variable that is for this process alone; undefined when it is not set. */
export function takeVariable(name: string): string | undefined {
  const value = Deno.env.get(name);
  if (value !== undefined) Deno.env.delete(name);
  return value === "" ? undefined : value;
}
