import { defineService, type ServiceDefinition } from "../channels/service.ts";

/** A client of the hub, as `connections` lists it. */
export interface HubConnection {
  /** The number of the connection, unique while the hub runs. */
  readonly id: number;
  /** The context string that its client sent first. */
  readonly context: string;
  /** The session whose window it is; null for any other client. */
  readonly session: string | null;
  /** When it connected, in milliseconds since the epoch. */
  readonly connectedAt: number;
  /** Its calls and subscriptions that are open. */
  readonly openRequests: number;
}

/** The hub's channel `hub`. */
export interface HubChannel {
  /** The connections that are open now. */
  connections(): Promise<readonly HubConnection[]>;
}

/** Both ends of the hub's channel `hub`. */
export const hubChannel: ServiceDefinition<HubChannel> = /* @__PURE__ */ defineService<HubChannel>(
  "hub",
);
