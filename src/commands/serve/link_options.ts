import { type Arguments, option } from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { type ExtraRequest, isAuthority, isExtraRequest } from "../../links/mod.ts";
import { printablePath } from "../../platform/mod.ts";

/** The options of `serve` for links to other machines. */
export const linkOptions = {
  linkHop: option.list(option.value(readHop, {
    summary:
      "Open files of HOST2 that arrive over the link to HOST; AUTHORITY is HOST2's name here",
    valueName: "HOST/HOST2=AUTHORITY",
  })),
  linkAllow: option.list(option.value(readAllowed, {
    summary: "Let linked machines, or only HOST, do this here: browse or clipboard",
    valueName: "WHAT[:HOST]",
  })),
};

/** The requests that linked machines may make besides deliveries, as plain data. */
export interface LinkOrder {
  /** The authorities of machines that are reached through a linked one, by `LINKED/MACHINE`. */
  readonly hops: readonly (readonly [name: string, authority: string])[];
  readonly allowed: readonly { readonly request: ExtraRequest; readonly host?: string }[];
}

export function linkOrder({ linkHop, linkAllow }: Arguments<typeof linkOptions>): LinkOrder {
  return { hops: linkHop, allowed: linkAllow };
}

/** @throws {SessionctlError} `USAGE`. */
function readHop(text: string, what: string): readonly [string, string] {
  const [, name, authority] = /^([^/=\s]+\/[^/=\s]+)=(.+)$/.exec(text) ?? [];
  if (name !== undefined && isAuthority(authority)) return [name, authority];
  const message = `${what} is not HOST/HOST2=AUTHORITY: ${printablePath(text)}`;
  throw new SessionctlError("USAGE", message, {
    hint: "for example hosta/hostb=ssh-remote+hostb, with both hosts as typed to ssh",
  });
}

/** @throws {SessionctlError} `USAGE`. */
function readAllowed(text: string, what: string): LinkOrder["allowed"][number] {
  const [, request, host] = /^([a-z]+)(?::(\S+))?$/.exec(text) ?? [];
  if (isExtraRequest(request)) return { request, ...host !== undefined && { host } };
  throw new SessionctlError("USAGE", `${what} cannot be ${printablePath(text)}`, {
    hint: "use browse or clipboard; for one machine, browse:hostb, with the host as typed to ssh",
  });
}
