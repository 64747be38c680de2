/** The protocol between a service and its manager, systemd's; for long-running commands only. */
export { ServiceNotifier } from "./notifier.ts";
export {
  type PassedPort,
  type PassedSocket,
  takePassedPort,
  takePassedSocket,
} from "./passed_socket.ts";
