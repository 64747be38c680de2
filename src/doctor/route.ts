import { SessionctlError } from "../errors.ts";
import {
  printablePath,
  realPathOf,
  type SystemContext,
  workingDirectory,
} from "../platform/mod.ts";
import {
  addressOf,
  type RouteOptions,
  routeOptionsFor,
  Router,
  type RoutingStep,
  type WindowDestination,
} from "../routing/mod.ts";
import type { Check, Finding } from "./types.ts";

const BECAUSE: Readonly<Record<RoutingStep, string>> = {
  to: "it was named",
  hook: "VSCODE_IPC_HOOK_CLI names it",
  registry: "a registry knows it",
  "code-server": "code-server's registry names it",
  instance: "it is the folder's instance socket",
  discovery: "it was discovered",
  desktop: "the desktop editor has a window",
  link: "the machine at the other end of an ssh connection has a window",
  fleet: "a host of the fleet has a window",
};

/** What `open` would do, found by the same walk, without sending anything. */
export const routeCheck: Check = {
  name: "open",
  async run({ path, registrySocket, launch, context }) {
    const router = new Router({ registrySocket, launch, context });
    const shown = printablePath(path);
    const noted = (then: string): Finding[] => [{
      severity: "note",
      text: `${shown} has no window: ${then}`,
      details: router.tried,
    }];
    try {
      const found = await router.route([path], optionsFor(path, context));
      if (found.kind === "launch") return noted(`open would run: ${printablePath(found.command)}`);
      return [{
        severity: "ok",
        text: `${shown} would go to ${printablePath(addressOf(found))}, because ${why(found)}`,
        details: router.tried,
      }];
    } catch (error) {
      if (!(error instanceof SessionctlError) || error.code !== "NO_TARGET") throw error;
      return noted(
        "open would fail; start an editor, or set a command to run instead: SESSIONCTL_LAUNCH=vim",
      );
    }
  },
};

function why({ step, folder }: WindowDestination): string {
  if (folder !== null) return `${BECAUSE[step]} for ${printablePath(folder)}`;
  if (step === "desktop") {
    return "the desktop editor is the one started last; no window is known to have the folder";
  }
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
    return {}; // The current folder no longer exists.
  }
}
