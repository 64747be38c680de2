import { system, type SystemContext } from "../../src/platform/mod.ts";
import type { Sandbox } from "../support/mod.ts";

/** A machine whose only desktop editors are those of the sandbox. */
export function machineOf(
  sandbox: Sandbox,
  env: Readonly<Record<string, string>> = {},
): SystemContext {
  return {
    ...system,
    uid: 4242,
    env: (name) => ({ ...sandbox.env, ...env })[name] || undefined,
  };
}
