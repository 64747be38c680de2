import {
  boundPathOf,
  isUnixConnection,
  localAddressOf,
  openDescriptors,
  shutdownDescriptor,
  tcpPeerOf,
} from "../../src/platform/ffi/libc.ts";

/**
 * Closes a listener of this process, so that connections are refused from now on; connections that
 * it has accepted stay open. `close` alone is not enough: a process that another test starts at
 * this moment has a copy of the descriptor until it executes its program, and until then the kernel
 * accepts connections.
 */
export function endListener(listener: Deno.Listener): void {
  const descriptor = Deno.build.os === "windows" ? undefined : descriptorOf(listener);
  if (descriptor !== undefined) shutdownDescriptor(descriptor);
  listener.close();
}

/**
 * Finds the descriptor of a listener of this process. `nextDescriptor` cannot be used here, because
 * the tests of other files open descriptors on other threads.
 */
export function descriptorOf(listener: Deno.Listener): number | undefined {
  return [...openDescriptors()].find((descriptor) => isBoundAs(descriptor, listener.addr));
}

/** Accepted connections have the listener's address, too, but also a peer. */
function isBoundAs(descriptor: number, address: Deno.Addr): boolean {
  if (address.transport === "unix") {
    return boundPathOf(descriptor) === address.path && !isUnixConnection(descriptor);
  }
  const local = localAddressOf(descriptor);
  const { hostname, port } = address as Deno.NetAddr;
  return local?.port === port && local.hostname === hostname && tcpPeerOf(descriptor) === undefined;
}
