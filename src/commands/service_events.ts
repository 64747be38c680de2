import { ServiceNotifier } from "../platform/service_manager/mod.ts";
import type { SuperviseEvent } from "../supervisor/mod.ts";

/**
 * Tells the service manager that started this process, if one did, how the process is that
 * this one looks after. To be called before that is started: it must not inherit the right
 * to speak.
 *
 * @param name What is looked after.
 * @returns to be called with each event.
 */
export function tellManager(name: string): (event: SuperviseEvent) => void {
  const manager = ServiceNotifier.take();
  return (event) => {
    if (event.type === "started") manager.ready(`${name} runs, pid ${event.pid}`);
    else if (event.type === "relaunching") manager.reloading();
    else if (event.type === "stopping") manager.stopping(`ending ${name}`);
  };
}
