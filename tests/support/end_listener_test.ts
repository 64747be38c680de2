import { assertRejects } from "@std/assert";
import { endListener, makeSandbox } from "./mod.ts";

const ROUNDS = 200;

/** Starts processes, one after another, until it is stopped. */
function startProcesses(): { stop(): Promise<void> } {
  let goOn = true;
  const start = async () => {
    while (goOn) await new Deno.Command("true").output();
  };
  const all = Promise.all([start(), start(), start(), start()]);
  return {
    async stop() {
      goOn = false;
      await all;
    },
  };
}

Deno.test("a listener that was ended refuses connections, even while processes start", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using sandbox = await makeSandbox();
  const processes = startProcesses();
  sandbox.defer(() => processes.stop());
  for (let round = 0; round < ROUNDS; round++) {
    const path = sandbox.path(`${round}.sock`);
    const listener = Deno.listen({ transport: "unix", path });
    const renamed = `${path}.renamed`;
    const accepting = listener.accept().catch(() => {});
    await Deno.rename(path, renamed);
    endListener(listener);
    await accepting;
    const options = { transport: "unix", path: renamed } as const;
    await assertRejects(() => Deno.connect(options), Deno.errors.ConnectionRefused);
  }
});
