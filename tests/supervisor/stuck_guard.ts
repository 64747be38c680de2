/** A guard that fails its parent in the way that its order's command names. */
import {
  type GuardOrder,
  guardParentService,
  guardService,
} from "../../src/supervisor/protocol.ts";
import { joinParent } from "../../src/supervisor/mod.ts";

const parent = await joinParent<GuardOrder>({ version: "test", onParentGone: () => Deno.exit(1) });
Deno.writeTextFileSync(parent.args.args[0]!, String(Deno.pid));
setInterval(() => {}, 60_000);
switch (parent.args.command) {
  case "fail":
    await parent.failed(new Error("it failed"));
    break;
  case "ignore":
    guardService.serve(parent.peer, {
      signal: () => Promise.resolve(),
      kill: () => new Promise(() => {}),
    });
    await guardParentService.client(parent.peer).started(Deno.pid);
    await parent.ready();
    break;
}
