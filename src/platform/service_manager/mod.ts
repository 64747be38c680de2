/** The protocol between a service and its manager, systemd's; for long-running commands only. */
export { ServiceNotifier } from "./notifier.ts";
export { type PassedSocket, takePassedSocket } from "./passed_socket.ts";
