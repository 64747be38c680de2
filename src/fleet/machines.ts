import { authorityOf, hostOfAuthority, isSameMachine } from "../links/mod.ts";

/**
 * The authorities by which the editors of this machine know the hosts of the fleet:
 * `ssh-remote+HOST`, unless this machine's configuration says otherwise. A host's own claims do not
 * matter.
 */
export class Machines {
  readonly #configured: ReadonlyMap<string, string>;

  /** @param configured The authorities that differ, by host. */
  constructor(configured: ReadonlyMap<string, string>) {
    this.#configured = configured;
  }

  authorityOf(host: string): string {
    return this.#configured.get(host) ?? authorityOf({ host });
  }

  /** The host that an authority names, whether or not it is in the fleet. */
  hostOf(authority: string): string | undefined {
    for (const [host, configured] of this.#configured) {
      if (isSameMachine(configured, authority)) return host;
    }
    const host = hostOfAuthority(authority);
    return host === undefined || this.#configured.has(host) ? undefined : host;
  }
}
