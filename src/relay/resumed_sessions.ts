import type tls from "node:tls";
import { SessionctlError } from "../platform/mod.ts";

/** How many certificates are remembered; beyond, their clients have to begin a new session. */
const MAX_VERIFIED = 10_000;

/**
 * Sessions that are resumed after a change of the client CA. TLS does not verify the client's
 * certificate again where a session is resumed, and the session may be from before the change.
 */
export class ResumedSessions {
  /** The certificates that the current CA was seen to vouch for, by their fingerprints. */
  readonly #verified = new Set<string>();

  /**
   * Takes note of a client that has shaken hands in full.
   *
   * @throws {SessionctlError} `NOT_ALLOWED` for a session that may be from before the change.
   */
  check(socket: tls.TLSSocket): void {
    const { fingerprint256 } = socket.getPeerCertificate();
    if (!socket.isSessionReused()) {
      if (this.#verified.size >= MAX_VERIFIED) this.#verified.clear();
      this.#verified.add(fingerprint256);
    } else if (!this.#verified.has(fingerprint256)) {
      throw new SessionctlError(
        "NOT_ALLOWED",
        "the client resumes a session from before the client CA was changed",
      );
    }
  }
}
