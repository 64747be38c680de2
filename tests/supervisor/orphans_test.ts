import { makeSandbox } from "../support/mod.ts";
import { assertGoneInTime, shell, sourceProgram, startParent } from "./support.ts";

const ignore = Deno.build.os !== "linux";

/** Starts several kinds of descendants; each says its pid, and none ends by itself. */
const FAMILY = `
  trap '' TERM
  sleep 600 & echo child $!
  (sleep 600 & echo grandchild $!)
  setsid sh -c 'trap "" TERM HUP; echo session $$; sleep 600; sleep 600' &
  (setsid sh -c 'sleep 600 & echo doubly $!' &)
  echo self $$
  sleep 600; sleep 600
`;

async function startFamily(parent: ReturnType<typeof startParent>): Promise<number[]> {
  const names = ["self", "child", "grandchild", "session", "doubly"];
  const matches = names.map((name) => parent.writes(new RegExp(`^${name} ([0-9]+)$`)));
  return (await Promise.all(matches)).map(([, pid]) => Number(pid));
}

for (const program of [undefined, sourceProgram]) {
  const name = program ? "source" : "compiled";
  Deno.test({
    name: `kill -9 of the parent leaves nothing of a guarded child, whatever it did (${name})`,
    ignore,
    async fn() {
      await using sandbox = await makeSandbox();
      const parent = startParent(sandbox, shell(FAMILY), program && { program });
      const family = await startFamily(parent);
      parent.signal("SIGKILL");
      await assertGoneInTime(family);
    },
  });
}
