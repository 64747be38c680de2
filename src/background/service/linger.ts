import { runStep } from "./run_step.ts";

/**
 * Whether the user's services go on without a login. Source: loginctl(1), "enable-linger".
 *
 * @returns undefined where nobody knows.
 */
export async function lingers(): Promise<boolean | undefined> {
  const user = Deno.env.get("USER") ?? Deno.env.get("LOGNAME");
  if (!user) return undefined;
  const shown = await runStep(["loginctl", "show-user", user, "-p", "Linger", "--value"]);
  return shown.ok ? shown.stdout === "yes" : undefined;
}
