import { authorityOf, hostOfAuthority, isSameMachine } from "../links/mod.ts";

/**
 * By which authorities the editors of this machine know the hosts of the fleet: `ssh-remote+HOST`,
 * unless the configuration of this machine says otherwise. What a host says of itself is not asked.
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
