import { localPortOf, nextDescriptor, openDescriptors, tcpPeerOf } from "./libc.ts";

/** Both ends of a TCP connection, as far as they are needed to identify it. */
export interface TcpEnds {
  readonly peer: { readonly hostname: string; readonly port: number };
  readonly localPort: number;
  /** Its descriptor, or a number near it, such as the one that was free directly before. */
  readonly hint?: number | undefined;
}

/** Maximum number of descriptors assigned or freed in between. */
const NEAR = 64;

/**
 * Finds the descriptors of TCP connections, which the runtime does not reveal, by their two ends:
 * several connections to one server only differ in the local end.
 *
 * Few scans are enough for many connections: the result of a scan is kept, and verified again
 * before it is returned, because a number may have been reused.
 */
export class TcpDescriptors {
  readonly #found = new Map<string, number>();

  /** The descriptor of the connection with these ends; undefined if its peer has reset it. */
  find(ends: TcpEnds): number | undefined {
    const near = ends.hint === undefined ? undefined : firstOf(nearTo(ends.hint), ends);
    if (near !== undefined) return near;
    const wanted = keyOfEnds(ends);
    const known = this.#found.get(wanted);
    if (known !== undefined && keyOf(known) === wanted) return known;
    this.#found.clear();
    for (const descriptor of openDescriptors()) {
      const key = keyOf(descriptor);
      if (key !== undefined) this.#found.set(key, descriptor);
    }
    return this.#found.get(wanted);
  }

  /**
   * The descriptor of a connection that was accepted a moment ago. It was the lowest free number
   * then, so it is most likely directly below the lowest free one of now.
   */
  findAccepted(ends: TcpEnds): number | undefined {
    return firstOf(nearTo(nextDescriptor() - 1), ends);
  }
}

function firstOf(descriptors: Iterable<number>, ends: TcpEnds): number | undefined {
  const wanted = keyOfEnds(ends);
  for (const descriptor of descriptors) {
    if (keyOf(descriptor, ends.peer.port) === wanted) return descriptor;
  }
  return undefined;
}

const keyOfEnds = ({ peer, localPort }: TcpEnds) =>
  `${peerKey(peer.hostname, peer.port)} ${localPort}`;

/** The descriptors around a number: those below it first, because freed numbers are used again. */
function* nearTo(hint: number): Generator<number> {
  for (let below = hint; below >= Math.max(0, hint - NEAR); below--) yield below;
  for (let above = hint + 1; above <= hint + NEAR; above++) yield above;
}

/**
 * The key of a TCP connection's descriptor; undefined for another descriptor.
 *
 * @param peerPort Only a connection to this port is of interest.
 */
function keyOf(descriptor: number, peerPort?: number): string | undefined {
  const peer = tcpPeerOf(descriptor);
  if (!peer) return undefined;
  // Big endian in both kinds of addresses.
  const port = peer[2]! << 8 | peer[3]!;
  if (peerPort !== undefined && port !== peerPort) return undefined;
  const key = peerKey(peer.length === 16 ? ipv4(peer) : ipv6(peer), port);
  return `${key} ${localPortOf(descriptor)}`;
}

const ipv4 = (address: Uint8Array) => address.subarray(4, 8).join(".");

function ipv6(address: Uint8Array): string {
  const groups: string[] = [];
  for (let i = 8; i < 24; i += 2) {
    groups.push((address[i]! << 8 | address[i + 1]!).toString(16));
  }
  return groups.join(":");
}

/**
 * An IPv4 address mapped into IPv6 counts as the IPv4 address. Source: RFC 4291, section 2.5.5.2.
 */
function peerKey(host: string, port: number): string {
  if (!host.includes(":")) return `${host} ${port}`;
  const canonical = new URL(`http://[${host.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical);
  if (!mapped) return `${canonical} ${port}`;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255} ${port}`;
}
