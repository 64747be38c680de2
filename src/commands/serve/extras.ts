import { type Output, VERSION } from "../../cli/mod.ts";
import type { HttpRequest } from "../../http/server/mod.ts";
import type { ReceivedDelivery } from "../../links/mod.ts";
import { RepeatedMessages, system } from "../../platform/mod.ts";
import type { Registry, ServerExtras } from "../../registry/mod.ts";
import type { FleetOrder } from "./fleet_options.ts";
import type { ServeOrder } from "./order.ts";

/** Starts the other services of `serve`: the links to other machines, and the fleet. */
export async function startExtras(
  registry: Registry,
  order: ServeOrder,
  output: Output,
): Promise<ServerExtras> {
  const { DeliveryFeed } = await import("../../links/receive/mod.ts");
  const { describeDelivery } = await import("../../links/mod.ts");
  const feed = new DeliveryFeed();
  const log = deliveryLog(describeDelivery, output);
  const onDelivery = (delivery: ReceivedDelivery) => {
    log(delivery);
    feed.add(delivery);
  };
  const links = await linksOf(registry, order, output, onDelivery);
  const routes = {
    ...links.routes,
    "/v1/deliveries": { GET: (request: HttpRequest) => feed.reply(request) },
  };
  const fleet = order.fleet &&
    await fleetOf(registry, order, order.fleet, output, onDelivery).catch(async (error) => {
      await links.close();
      throw error;
    });
  return {
    routes: { ...routes, ...fleet?.routes },
    get isInUse() {
      return links.isInUse || fleet?.isInUse === true;
    },
    async close() {
      await Promise.all([links.close(), fleet?.close()]);
    },
  };
}

async function linksOf(
  registry: Registry,
  { socketPath, allowOwners, links: { hops, allowed } }: ServeOrder,
  output: Output,
  onDelivery: (delivery: ReceivedDelivery) => void,
): Promise<ServerExtras> {
  const { serveLinks } = await import("../../links/mod.ts");
  return await serveLinks({
    registrySocket: socketPath,
    windows: { sessions: () => registry.snapshot(), allowOwners },
    home: { host: Deno.hostname(), ...userName() },
    hops: new Map(hops),
    allowed,
    onDelivery,
    log: (message) => output.note(message),
  });
}

async function fleetOf(
  registry: Registry,
  { socketPath, allowOwners }: ServeOrder,
  { authorities, ...fleet }: FleetOrder,
  output: Output,
  onDelivery: (delivery: ReceivedDelivery) => void,
): Promise<ServerExtras> {
  const { serveFleet } = await import("../../fleet/mod.ts");
  const messages = new RepeatedMessages((line) => output.note(line));
  return await serveFleet({
    ...fleet,
    ...{ registry, allowOwners, registrySocket: socketPath, version: VERSION },
    authorities: new Map(authorities),
    onDelivery,
    log(message) {
      messages.say(message, message);
    },
  });
}

/** Logs each delivery. A machine that keeps sending invalid requests does not fill the log. */
function deliveryLog(describe: (delivery: ReceivedDelivery) => string, output: Output) {
  const messages = new RepeatedMessages((line) => output.note(line));
  return (delivery: ReceivedDelivery) => {
    const line = describe(delivery);
    messages.say(delivery.refused === undefined ? line : `refused ${delivery.link}`, line);
  };
}

function userName(): { user?: string } {
  const user = system.env("USER");
  return user ? { user } : {};
}
