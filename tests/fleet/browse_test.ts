/** `browse` and `clipboard` on a linked host that has no window. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeHosts, makeSandbox, until, withHosts } from "../support/mod.ts";

const SOCKETS = "ls -d /tmp/sessionctl-link-* /run/user/1000/sessionctl-link-* 2>/dev/null; true";
/** Stand-ins that append their arguments or input to ann's file `out`. */
const PROGRAMS = String.raw`cd /usr/local/bin
printf '#!/bin/sh\necho "page $#:$1" >> /home/ann/out\n' > xdg-open
printf '#!/bin/sh\nexit 1\n' > wl-copy
printf '#!/bin/sh\n{ echo "text $*"; cat; } >> /home/ann/out\n' > xclip
chmod 755 xdg-open wl-copy xclip`;

async function linkedHosts(sandbox: Awaited<ReturnType<typeof makeSandbox>>, serve: string) {
  const [near, far] = await makeHosts(sandbox, ["laptop", "hostb"]);
  await near.output(PROGRAMS, { user: "root" });
  await near.output(`sessionctl -q serve --detach ${serve}`);
  near.start("exec sessionctl -q ssh hostb -N");
  await until("the link is there", async () => await far.output(SOCKETS) !== "");
  return { near, far };
}

Deno.test("browse and clipboard go over the link where they are allowed", withHosts, async () => {
  await using sandbox = await makeSandbox();
  const allow = "--link-allow browse --link-allow clipboard:hostb";
  const { near, far } = await linkedHosts(sandbox, allow);
  assertEquals(await far.output(`sessionctl browse 'https://example.org/$(id)"'`), "");
  assertMatch(await far.output("echo copied | sessionctl clipboard --json"), /"characters": ?7/);
  assertEquals(
    await near.output("cat out"),
    "page 1:https://example.org/$(id)%22\ntext -selection clipboard\ncopied\n",
  );
  const { code, stderr } = await far.run("sessionctl browse .ssh");
  assertEquals(code, 1);
  assertMatch(stderr, /only URLs of http and https/);
});

Deno.test("without permission, browse says so and how to allow it", withHosts, async () => {
  await using sandbox = await makeSandbox();
  const { near, far } = await linkedHosts(sandbox, "");
  const { code, stderr } = await far.run("sessionctl browse https://example.org");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "run there: sessionctl serve --link-allow browse");
  assertEquals((await near.run("cat out")).code, 1);
});
