import {
  boundPathOf,
  isUnixConnection,
  localAddressOf,
  openDescriptors,
  shutdownDescriptor,
  tcpPeerOf,
} from "../../src/platform/ffi/libc.ts";

/**
 * Closes a listener of this process, so that connections are refused from now on; those that it has
 * accepted stay open. `close` alone does not do that: each process that another test starts at this moment has a copy of the descriptor
 * until it executes its program, and the kernel accepts connections for as long.
 */
export function endListener(listener: Deno.Listener): void {
  const descriptor = Deno.build.os === "windows" ? undefined : descriptorOf(listener);
  if (descriptor !== undefined) shutdownDescriptor(descriptor);
  listener.close();
}

/**
 * The descriptor of a listener of this process. Here, `nextDescriptor` cannot tell it: the tests of
 * other files open descriptors on other threads.
 */
export function descriptorOf(listener: Deno.Listener): number | undefined {
  return [...openDescriptors()].find((descriptor) => isBoundAs(descriptor, listener.addr));
}

/** Connections that the listener has accepted have its address, and a peer besides. */
function isBoundAs(descriptor: number, address: Deno.Addr): boolean {
  if (address.transport === "unix") {
    return boundPathOf(descriptor) === address.path && !isUnixConnection(descriptor);
  }
  const local = localAddressOf(descriptor);
  const { hostname, port } = address as Deno.NetAddr;
  return local?.port === port && local.hostname === hostname && tcpPeerOf(descriptor) === undefined;
}
