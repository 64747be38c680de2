import { SessionctlError } from "../../errors.ts";
import type { ForwardConfig, RelayConfig } from "../config.ts";
import type { Descriptors } from "../data/side.ts";
import { wildcardOf } from "../credentials/name_patterns.ts";
import { checkNoCliSocket, UnixConnector } from "./unix_connector.ts";

/** The socket of the route that names a host, else of the route whose wildcard matches it. */
function routeOf(routes: ReadonlyMap<string, string>, host: string): string | undefined {
  return routes.get(host) ?? routes.get(wildcardOf(host));
}

/** The connector of a relay's target. */
export async function makeConnector(
  config: RelayConfig & ForwardConfig,
  descriptors: Descriptors,
): Promise<UnixConnector> {
  const { target, allowOwners } = config;
  switch (target.kind) {
    case "socket": {
      const { path } = target;
      checkNoCliSocket(path);
      return new UnixConnector(() => path, () => Promise.resolve([path]), descriptors, {
        allowOwners,
        names: [path],
      });
    }
    case "session": {
      const { SessionTarget } = await import("./session_target.ts");
      const session = new SessionTarget(target.path, config.registrySocket);
      const sockets = () => session.sockets();
      return new UnixConnector(sockets, sockets, descriptors, {
        allowOwners,
        reached: (path) => session.reached(path),
      });
    }
    case "routes": {
      const { routes } = target;
      const all = Object.values(routes);
      const byName = new Map(Object.entries(routes));
      all.forEach(checkNoCliSocket);
      const resolve = ({ serverName }: { serverName?: string }) => {
        const path = serverName === undefined
          ? undefined
          : routeOf(byName, serverName.toLowerCase());
        if (path !== undefined) return path;
        const asked = serverName === undefined ? "no server name" : JSON.stringify(serverName);
        throw new SessionctlError("NOT_FOUND", `no route for ${asked}`);
      };
      return new UnixConnector(resolve, () => Promise.resolve(all), descriptors, {
        allowOwners,
        names: all,
      });
    }
  }
}
