import type { SuperviseEvent } from "../supervisor/mod.ts";
import type { RunStatus } from "./run_control.ts";

/** The state of a run, derived from its supervisor's events. */
export class RunState {
  #state: RunStatus["state"] = "starting";
  #childPid: number | null = null;
  #startedAt: number | null = null;
  /** As a `performance.now()` value, because the clock may be changed. */
  #started = 0;
  #starts = 0;

  get childPid(): number | undefined {
    return this.#childPid ?? undefined;
  }

  get current(): Pick<RunStatus, "state" | "childPid" | "startedAt" | "upMs" | "restarts"> {
    return {
      state: this.#state,
      childPid: this.#childPid,
      startedAt: this.#startedAt,
      upMs: this.#childPid === null ? null : Math.round(performance.now() - this.#started),
      restarts: Math.max(0, this.#starts - 1),
    };
  }

  onEvent(event: SuperviseEvent): void {
    switch (event.type) {
      case "started":
        this.#childPid = event.pid;
        this.#startedAt = Date.now();
        this.#started = performance.now();
        this.#starts++;
        if (this.#state !== "stopping") this.#state = "running";
        return;
      case "exited":
        this.#childPid = null;
        return;
      case "restarting":
      case "relaunching":
      case "stopping":
        this.#state = event.type;
    }
  }
}
