import { abortDescriptor, shutdownDescriptor } from "../../src/platform/ffi/libc.ts";
import { TcpDescriptors } from "../../src/platform/ffi/tcp_descriptors.ts";

/** The port and the certificate of a relay. */
interface Address {
  readonly port: number;
  readonly cert: string;
}

/** A TLS client whose TCP connection can be ended below TLS. */
export interface RawClient {
  readonly conn: Deno.TlsConn;
  /** Resets the connection: the relay receives RST instead of FIN. */
  reset(): void;
  /** Ends the connection with FIN but without close_notify, like a killed client. */
  truncate(): void;
}

/** Like {@link connect}, for a client whose TCP connection the test can end. */
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

/** Opens a TCP connection to a relay and resets it after the first byte of a handshake. */
export async function connectAndReset(relay: Address): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  // The kernel defers a connection without data, so the relay would never see it.
  await conn.write(new Uint8Array([22]));
  abortDescriptor(descriptorOf(conn));
  conn.close();
}

/** Compares both ports, because a connection of another test may have the same local port. */
function descriptorOf({ localAddr, remoteAddr }: Deno.TcpConn): number {
  const descriptor = new TcpDescriptors().find({ peer: remoteAddr, localPort: localAddr.port });
  if (descriptor === undefined) throw new Error(`no connection from port ${localAddr.port}`);
  return descriptor;
}
