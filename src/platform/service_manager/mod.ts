/** The protocol between a service and systemd as its manager; for long-running commands only. */
export { ServiceNotifier } from "./notifier.ts";
export {
  type PassedPort,
  type PassedSocket,
  takePassedPort,
  takePassedSocket,
} from "./passed_socket.ts";
