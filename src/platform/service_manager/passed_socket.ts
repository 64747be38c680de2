import { dirname, join } from "@std/path/posix";
import { boundPathOf, localAddressOf, openDescriptors } from "../ffi/libc.ts";
import { SessionctlError } from "../../errors.ts";
import { adoptSocket } from "../ffi/listeners.ts";
import { closeDescriptor, listenAgain } from "./libc.ts";
import { takeVariable } from "./notifier.ts";
import { checkPrivateDirectory } from "../private_directory.ts";
import { bindUnixSocket, type BoundSocket, fileIdentity } from "../unix_socket.ts";

/** The first descriptor that is passed. Source: sd_listen_fds(3), SD_LISTEN_FDS_START. */
const FIRST_PASSED = 3;

/** A listening Unix socket that the service manager has bound and passed to this process. */
export interface PassedSocket {
  readonly path: string;
  /**
   * Listens on it. Closing stops that and leaves the socket's file to the manager. Call this only
   * once.
   *
   * @throws {SessionctlError} `UNSAFE_DIRECTORY`, `NOT_SUPPORTED`.
   */
  listen(): BoundSocket;
}

/** A listening TCP socket that the service manager has bound and passed to this process. */
export interface PassedPort {
  readonly hostname: string;
  readonly port: number;
  /**
   * Makes one of the runtime's listeners accept from the passed socket, which stays open for
   * further listeners.
   *
   * @param listener The listener's descriptor.
   * @throws {SessionctlError} `NOT_SUPPORTED`.
   */
  adopt(listener: number): void;
}

/**
 * The Unix socket that the service manager passed, if there is one.
 *
 * Source: sd_listen_fds(3).
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` if it passed several sockets, or one that does not
 * listen on a path.
 */
export function takePassedSocket(): PassedSocket | undefined {
  if (!takeOne()) return undefined;
  const path = boundPathOf(FIRST_PASSED);
  if (path?.startsWith("/")) return { path, listen: () => listenOn(FIRST_PASSED, path) };
  throw unsuitable("something other than a Unix socket with a path", "an absolute path");
}

/**
 * The TCP socket that the service manager passed, if there is one.
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` if it passed several, or one of another kind.
 */
export function takePassedPort(): PassedPort | undefined {
  if (!takeOne()) return undefined;
  const address = localAddressOf(FIRST_PASSED);
  if (address) return { ...address, adopt: (listener) => adopt(FIRST_PASSED, listener) };
  throw unsuitable("something other than a TCP socket", "a port or ADDRESS:PORT");
}

/** Whether exactly one socket was passed to this process. */
function takeOne(): boolean {
  const pid = takeVariable("LISTEN_PID");
  const count = Number(takeVariable("LISTEN_FDS") ?? 0);
  takeVariable("LISTEN_FDNAMES");
  if (Deno.build.os !== "linux" || Number(pid) !== Deno.pid || !(count > 0)) return false;
  if (count === 1) return true;
  throw unsuitable(`${count} sockets, but only one is supported`, "one value");
}

function unsuitable(what: string, wanted: string): SessionctlError {
  return new SessionctlError("NOT_SUPPORTED", `the service manager passed ${what}`, {
    hint: `give the socket unit one ListenStream=, ${wanted}`,
  });
}

function listenOn(passed: number, path: string): BoundSocket {
  checkPrivateDirectory(dirname(path));
  // The manager's default is 0666.
  Deno.chmodSync(path, 0o600);
  const identity = fileIdentity(path)!;
  const own = bindUnixSocket(join(dirname(path), `.passed-${Deno.pid}`));
  const same = (descriptor: number) => boundPathOf(descriptor) === own.boundPath;
  try {
    adopt(passed, [...openDescriptors()].find(same)!);
    // "stop" asks the kernel who listens.
    if (!listenAgain(passed)) throw notTakenOver();
    closeDescriptor(passed);
  } catch (error) {
    own.close();
    throw error;
  }
  Deno.removeSync(own.path);
  const { listener } = own;
  return { listener, path, boundPath: path, identity, close: () => listener.close() };
}

/**
 * One of the runtime's own listeners takes the socket over, because it cannot be given a
 * descriptor.
 */
function adopt(passed: number, listener: number): void {
  if (!adoptSocket(passed, listener)) throw notTakenOver();
}

function notTakenOver(): SessionctlError {
  return new SessionctlError("NOT_SUPPORTED", "cannot take over the service manager's socket", {
    hint: "start the service without its socket unit",
  });
}
