import { assertEquals, assertThrows } from "@std/assert";
import { selectSession } from "../../src/commands/shared/select_session.ts";
import { SessionctlError } from "../../src/errors.ts";
import type { Session } from "../../src/registry/mod.ts";

const sessions = ["/run/a.sock", "/run/a.sock.old", "/run/b.sock"]
  .map((socketPath) => ({ socketPath }) as Session);

Deno.test("a whole socket selects its session, even if it is part of another session's socket", () => {
  assertEquals(selectSession(sessions, "/run/a.sock").socketPath, "/run/a.sock");
  assertEquals(selectSession(sessions, "old").socketPath, "/run/a.sock.old");
});

Deno.test("an ambiguous or empty part selects no session, even if there is only one session", () => {
  assertThrows(() => selectSession(sessions, "a.sock"), SessionctlError, "is part of 2 sessions");
  assertThrows(
    () => selectSession(sessions, "zz"),
    SessionctlError,
    "no session's socket contains",
  );
  for (const some of [sessions, sessions.slice(0, 1), []]) {
    assertThrows(() => selectSession(some, ""), SessionctlError, "no session's socket contains");
  }
});
