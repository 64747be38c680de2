import { defineService, type ServiceDefinition } from "../channels/service.ts";

/** A client of the hub, as `connections` lists it. */
export interface HubConnection {
  /** The number of the connection, unique while the hub runs. */
  readonly id: number;
  /** The context string that its client sent first. */
  readonly context: string;
  /** The session of the window; null for any other client. */
  readonly session: string | null;
  /** Time of the connection, in milliseconds since the epoch. */
  readonly connectedAt: number;
  /** Number of its open calls and subscriptions. */
  readonly openRequests: number;
}

/** The hub's channel `hub`. */
export interface HubChannel {
  /** The open connections. */
  connections(): Promise<readonly HubConnection[]>;
}

/** Both ends of the hub's channel `hub`. */
export const hubChannel: ServiceDefinition<HubChannel> = /* @__PURE__ */ defineService<HubChannel>(
  "hub",
);
