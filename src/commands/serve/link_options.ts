import { type Arguments, option } from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { type ExtraRequest, isAuthority, isExtraRequest } from "../../links/mod.ts";
import { printablePath } from "../../platform/mod.ts";

/** The options of `serve` for links to other machines. */
export const linkOptions = {
  linkHop: option.list(option.value(readHop, {
    summary: "Open files of HOST2 that come over the link to HOST; AUTHORITY is HOST2's here",
    valueName: "HOST/HOST2=AUTHORITY",
  })),
  linkAllow: option.list(option.value(readAllowed, {
    summary: "Let linked machines, or HOST alone, do this here: browse, or clipboard",
    valueName: "WHAT[:HOST]",
  })),
};

/** What linked machines may do besides deliveries, as plain data. */
export interface LinkOrder {
  /** The authorities of machines behind linked ones, by `LINKED/MACHINE`. */
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
  const message = `${what} is no machine behind another: ${printablePath(text)}`;
  throw new SessionctlError("USAGE", message, {
    hint: "such as hosta/hostb=ssh-remote+hostb; HOST and HOST2 as they are typed to ssh",
  });
}

/** @throws {SessionctlError} `USAGE`. */
function readAllowed(text: string, what: string): LinkOrder["allowed"][number] {
  const [, request, host] = /^([a-z]+)(?::(\S+))?$/.exec(text) ?? [];
  if (isExtraRequest(request)) return { request, ...host !== undefined && { host } };
  throw new SessionctlError("USAGE", `${what} cannot be ${printablePath(text)}`, {
    hint: "browse or clipboard, for one machine browse:hostb, with HOST as it is typed to ssh",
  });
}
