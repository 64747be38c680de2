/**
 * `publishers.ts URL COUNT`: publishes COUNT hosts with three windows each in ann's fleet, like
 * `serve`, until it is killed. Prints `ready` when all hosts are published.
 */
import { Engine, readAddress } from "../../../src/fleet/engine/mod.ts";
import { FleetKeys } from "../../../src/fleet/keys.ts";
import { Publisher } from "../../../src/fleet/publisher.ts";
import type { FleetWindow } from "../../../src/fleet/values.ts";

const [url = "", count = "0"] = Deno.args;
const engine = new Engine({ endpoints: readAddress(url), limitMs: 30_000 });
const keys = new FleetKeys("ann");

function publish(host: string): Promise<void> {
  const windows = new Map(Array.from({ length: 3 }, (_, at): [string, FleetWindow] => [`w${at}`, {
    kind: "code-server",
    name: "code-server",
    folders: [{ host, path: `/home/ann/work/project-${at}` }],
    focused: at === 0,
    lastActive: Date.now(),
  }]));
  return new Promise((resolve) => {
    new Publisher({
      ...{ engine, keys, host, version: "0.1.0" },
      describe: () => Promise.resolve({ desktop: false, windows }),
      onState: (failure) => {
        if (failure === undefined) resolve();
        else console.error(`${host}: ${failure}`);
      },
    });
  });
}

// In small groups, because real hosts start, and renew their leases, at different times.
const AT_ONCE = 25;
for (let at = 0; at < Number(count); at += AT_ONCE) {
  const rest = Math.min(AT_ONCE, Number(count) - at);
  await Promise.all(Array.from({ length: rest }, (_, next) => publish(`sim${at + next}`)));
}
console.log("ready");
