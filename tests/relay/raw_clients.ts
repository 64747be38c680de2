import { abortDescriptor, shutdownDescriptor } from "../../src/platform/ffi/libc.ts";
import { TcpDescriptors } from "../../src/platform/ffi/tcp_descriptors.ts";

/** Where a relay listens, and what its certificate is. */
interface Address {
  readonly port: number;
  readonly cert: string;
}

/** A TLS client whose TCP connection can be ended below TLS. */
export interface RawClient {
  readonly conn: Deno.TlsConn;
  /** Resets it: the relay gets RST, not an end. */
  reset(): void;
  /** Ends it with FIN and without close_notify, as a client does that is killed. */
  truncate(): void;
}

/** Connects as {@link connect} does. */
export async function connectRaw(relay: Address): Promise<RawClient> {
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  const real = descriptorOf(tcp);
  const conn = await Deno.startTls(tcp, { hostname: "localhost", caCerts: [relay.cert] });
  await conn.handshake();
  return {
    conn,
    reset: () => {
      abortDescriptor(real);
      conn.close();
    },
    truncate: () => shutdownDescriptor(real),
  };
}

/** Opens a TCP connection to a relay and resets it behind the first byte of a handshake. */
export async function connectAndReset(relay: Address): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  // The kernel keeps a connection that brings nothing to itself.
  await conn.write(new Uint8Array([22]));
  abortDescriptor(descriptorOf(conn));
  conn.close();
}

/** By both its ends: a connection of another test may have the same port, to another relay. */
function descriptorOf({ localAddr, remoteAddr }: Deno.TcpConn): number {
  const descriptor = new TcpDescriptors().find({ peer: remoteAddr, localPort: localAddr.port });
  if (descriptor === undefined) throw new Error(`no connection from port ${localAddr.port}`);
  return descriptor;
}
