import { dirname, join } from "@std/path/posix";
import { boundPathOf, openDescriptors } from "../libc.ts";
import { SessionctlError } from "../errors.ts";
import { closeDescriptor, type Registration, replaceDescriptor } from "./libc.ts";
import { takeVariable } from "./notifier.ts";
import { checkPrivateDirectory } from "../private_directory.ts";
import { bindUnixSocket, type BoundSocket, fileIdentity } from "../unix_socket.ts";

/** The first descriptor that is passed. Source: sd_listen_fds(3), SD_LISTEN_FDS_START. */
const FIRST_PASSED = 3;

/** A listening Unix socket that the service manager has bound and passed to this process. */
export interface PassedSocket {
  readonly path: string;
  /**
   * Listens on it. Closing stops that and leaves the socket's file to the manager. To be called
   * once.
   *
   * @throws {SessionctlError} `UNSAFE_DIRECTORY`, `NOT_SUPPORTED`.
   */
  listen(): BoundSocket;
}

/**
 * The Unix socket that the service manager has passed, if it has passed one.
 *
 * Source: sd_listen_fds(3).
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` when it has passed several, or none that listens on
 * a path.
 */
export function takePassedSocket(): PassedSocket | undefined {
  const pid = takeVariable("LISTEN_PID");
  const count = Number(takeVariable("LISTEN_FDS") ?? 0);
  takeVariable("LISTEN_FDNAMES");
  if (Deno.build.os !== "linux" || Number(pid) !== Deno.pid || !(count > 0)) return undefined;
  const path = count === 1 ? boundPathOf(FIRST_PASSED) : undefined;
  if (path !== undefined && path.startsWith("/")) {
    return { path, listen: () => listenOn(FIRST_PASSED, path) };
  }
  throw new SessionctlError(
    "NOT_SUPPORTED",
    count === 1
      ? "the service manager passed something else than a Unix socket with a path"
      : `the service manager passed ${count} sockets; one is supported`,
    { hint: "give the socket unit one ListenStream=, an absolute path" },
  );
}

function listenOn(passed: number, path: string): BoundSocket {
  checkPrivateDirectory(dirname(path));
  // The manager's default is 0666.
  Deno.chmodSync(path, 0o600);
  const identity = fileIdentity(path)!;
  const own = bindUnixSocket(join(dirname(path), `.passed-${Deno.pid}`));
  try {
    adopt(passed, own.boundPath);
  } catch (error) {
    own.close();
    throw error;
  }
  Deno.removeSync(own.path);
  const { listener } = own;
  return { listener, path, boundPath: path, identity, close: () => listener.close() };
}

/**
 * The runtime cannot be given a listening descriptor. So the descriptor of a listener of its own
 * becomes another name of the passed socket, with the same registration in the event queue.
 */
function adopt(passed: number, boundPath: string): void {
  const listener = [...openDescriptors()].find((descriptor) =>
    boundPathOf(descriptor) === boundPath
  );
  const registration = listener === undefined ? undefined : registrationOf(listener);
  if (registration === undefined || !replaceDescriptor(passed, listener!, registration)) {
    throw new SessionctlError("NOT_SUPPORTED", "cannot take over the service manager's socket", {
      hint: "start the service without its socket unit",
    });
  }
  closeDescriptor(passed);
}

/** Source: proc(5), "/proc/pid/fdinfo", epoll. */
function registrationOf(descriptor: number): Registration | undefined {
  for (const queue of openDescriptors()) {
    let info: string;
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${queue}`) !== "anon_inode:[eventpoll]") continue;
      info = Deno.readTextFileSync(`/proc/self/fdinfo/${queue}`);
    } catch {
      continue; // It was closed meanwhile.
    }
    const pattern = /^tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)\s+data:\s*([0-9a-f]+)/gm;
    for (const [, target, events, data] of info.matchAll(pattern)) {
      if (Number(target) !== descriptor) continue;
      return { queue, events: parseInt(events!, 16), data: BigInt(`0x${data}`) };
    }
  }
  return undefined;
}
