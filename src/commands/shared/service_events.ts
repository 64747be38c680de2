import { ServiceNotifier } from "../../platform/service_manager/mod.ts";
import type { SuperviseEvent } from "../../supervisor/mod.ts";

/**
 * Reports the state of a child process to the service manager, if one started this process. Call
 * this before starting the child, which must not inherit the access to the manager.
 *
 * @param name The name of the child.
 * @param isWell Asks a ready child whether it is well, within `limitMs` milliseconds. Without it,
 * and while no child is ready, the watchdog signal only covers this process.
 * @returns a function to call with each event.
 */
export function tellManager(
  name: string,
  isWell?: (limitMs: number) => Promise<boolean>,
): (event: SuperviseEvent) => void {
  let ready: number | undefined;
  const manager = ServiceNotifier.take(async (limitMs) => {
    const asked = ready;
    if (!isWell || asked === undefined) return true;
    // An answer that arrives after the child's end does not count.
    return await isWell(limitMs) || ready !== asked;
  });
  return (event) => {
    switch (event.type) {
      case "ready":
        ready = event.pid;
        manager.ready(`${name} runs, pid ${event.pid}`);
        break;
      case "exited":
        ready = undefined;
        break;
      case "relaunching":
        ready = undefined;
        manager.reloading();
        break;
      case "stopping":
        ready = undefined;
        manager.stopping(`ending ${name}`);
    }
  };
}
