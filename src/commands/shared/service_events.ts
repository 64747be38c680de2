import { ServiceNotifier } from "../../platform/service_manager/mod.ts";
import type { SuperviseEvent } from "../../supervisor/mod.ts";

/**
 * Tells the service manager that started this process, if one did, how the child is that
 * this process looks after. To be called before the child is started: the child must not inherit
 * the right to speak.
 *
 * @param name What the child is.
 * @param isWell Asks a child that is ready whether it is well, within `limitMs` milliseconds.
 * Without it, and while no child is ready, a sign of life stands for this process alone.
 * @returns to be called with each event.
 */
export function tellManager(
  name: string,
  isWell?: (limitMs: number) => Promise<boolean>,
): (event: SuperviseEvent) => void {
  let ready: number | undefined;
  const manager = ServiceNotifier.take(async (limitMs) => {
    const asked = ready;
    if (!isWell || asked === undefined) return true;
    // An answer that comes after its end says nothing of the child.
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
