import { SessionctlError } from "../errors.ts";
import {
  printablePath,
  realPathOf,
  type SystemContext,
  workingDirectory,
} from "../platform/mod.ts";
import {
  type RouteOptions,
  routeOptionsFor,
  Router,
  type RoutingStep,
  type Target,
} from "../routing/mod.ts";
import type { Check } from "./types.ts";

const BECAUSE: Readonly<Record<RoutingStep, string>> = {
  to: "it was named",
  hook: "VSCODE_IPC_HOOK_CLI names it",
  registry: "a registry knows it",
  "code-server": "code-server's registry names it",
  instance: "it is the folder's instance socket",
  discovery: "it was discovered",
};

/** What `open` would do, by the same walk, with nothing sent. */
export const routeCheck: Check = {
  name: "open",
  async run({ path, registrySocket, launch, context }) {
    const router = new Router({ registrySocket, context });
    const shown = printablePath(path);
    try {
      const target = await router.route([path], optionsFor(path, context));
      return [{
        severity: "ok",
        text: `${shown} would go to ${printablePath(target.socketPath)}, because ${why(target)}`,
        details: router.tried,
      }];
    } catch (error) {
      if (!(error instanceof SessionctlError) || error.code !== "NO_TARGET") throw error;
      const then = launch === undefined
        ? "open would fail; start an editor, or set a command to run instead: SESSIONCTL_LAUNCH=vim"
        : `open would run: ${printablePath(launch)}`;
      const text = `${shown} has no window: ${then}`;
      return [{ severity: "note", text, details: router.tried }];
    }
  },
};

function why({ step, folder }: Target): string {
  if (folder !== null) return `${BECAUSE[step]} for ${printablePath(folder)}`;
  return step === "registry" || step === "discovery"
    ? `${
      BECAUSE[step]
    } and it is the most recent live window; no window is known to have the folder`
    : BECAUSE[step];
}

function optionsFor(path: string, context: SystemContext): RouteOptions {
  try {
    const folder = realPathOf(workingDirectory(context.env));
    return routeOptionsFor(path, folder, context.env("GIT_PREFIX"));
  } catch {
    return {}; // The current folder is gone.
  }
}
