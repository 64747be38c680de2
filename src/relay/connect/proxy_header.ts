import type { PeerAddress } from "../types.ts";

export type ProxyProtocol = "v1" | "v2";

const V2_SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const V2_LOCAL = 0x20;
const V2_PROXY = 0x21;
const TCP4 = 0x11;
const TCP6 = 0x21;

/**
 * The header that gives a server behind a proxy the address of its client.
 * Source: "The PROXY protocol, versions 1 & 2" (HAProxy), sections 2.1 and 2.2.
 *
 * @param source The client's address.
 * @param destination The address it connected to.
 */
export function proxyHeader(
  version: ProxyProtocol,
  source: PeerAddress,
  destination: PeerAddress,
): Uint8Array {
  const from = addressBytes(source.hostname);
  const to = addressBytes(destination.hostname);
  // Both must be of one family: IPv4 is written as IPv6 if the other address is IPv6.
  const ipv6 = from.length === 16 || to.length === 16;
  const [a, b] = ipv6 ? [mapToIpv6(from), mapToIpv6(to)] : [from, to];
  if (version === "v1") {
    const text = ipv6 ? ipv6Text : ipv4Text;
    return new TextEncoder().encode(
      `PROXY ${ipv6 ? "TCP6" : "TCP4"} ${text(a)} ${
        text(b)
      } ${source.port} ${destination.port}\r\n`,
    );
  }
  const ports = [
    source.port >> 8,
    source.port & 255,
    destination.port >> 8,
    destination.port & 255,
  ];
  const length = a.length * 2 + 4;
  return new Uint8Array([
    ...V2_SIGNATURE,
    V2_PROXY,
    ipv6 ? TCP6 : TCP4,
    length >> 8,
    length & 255,
    ...a,
    ...b,
    ...ports,
  ]);
}

/** The header of a connection without a client, such as a health check. */
export function proxyLocalHeader(version: ProxyProtocol): Uint8Array {
  return version === "v1"
    ? new TextEncoder().encode("PROXY UNKNOWN\r\n")
    : new Uint8Array([...V2_SIGNATURE, V2_LOCAL, 0, 0, 0]);
}

/** The 4 or 16 bytes of an address; an IPv4 address mapped into IPv6 counts as IPv4. */
function addressBytes(hostname: string): number[] {
  if (!hostname.includes(":")) return hostname.split(".").map(Number);
  const canonical = new URL(`http://[${hostname.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
  const [head, tail] = canonical.split("::");
  const groups = (text: string | undefined) => text ? text.split(":") : [];
  const left = groups(head);
  const right = groups(tail);
  const zeros = tail === undefined ? [] : Array(8 - left.length - right.length).fill("0");
  const bytes = [...left, ...zeros, ...right].flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 255];
  });
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 &&
    bytes[11] === 255;
  return mapped ? bytes.slice(12) : bytes;
}

const mapToIpv6 = (bytes: number[]) =>
  bytes.length === 16 ? bytes : [...Array(10).fill(0), 255, 255, ...bytes];

const ipv4Text = (bytes: number[]) => bytes.join(".");

function ipv6Text(bytes: number[]): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8 | bytes[i + 1]!).toString(16));
  return groups.join(":");
}
