import { SessionctlError } from "../errors.ts";

/** The first runtime whose node:tls server asks for client certificates and tells server names. */
const NODE_TLS_SINCE = [2, 9];

/** Whether this runtime can do mutual TLS and routing by server name. */
export function knowsClients(version = Deno.version.deno): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NODE_TLS_SINCE[0]! || (major === NODE_TLS_SINCE[0] && minor >= NODE_TLS_SINCE[1]!);
}

/**
 * @param option What needs it, such as "--client-ca".
 * @throws {SessionctlError} `NOT_SUPPORTED`.
 */
export function requireClientKnowledge(option: string, version = Deno.version.deno): void {
  if (knowsClients(version)) return;
  throw new SessionctlError(
    "NOT_SUPPORTED",
    `${option} needs a sessionctl that was built with Deno 2.9 or later; this one has ${version}`,
    { hint: "use a release build, or run it from source with Deno 2.9" },
  );
}
