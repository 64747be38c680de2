/** Directories that are not private to the user, and sockets of other users. */
import { assert, assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { exists, until } from "../support/mod.ts";
import {
  extensionSandbox,
  instancePath,
  remoteWindow,
  sessions,
  startHost,
  startRegistry,
  untilSession,
} from "./support/mod.ts";

const logs = (log: readonly string[], text: string) => log.some((line) => line.includes(text));

Deno.test("an instance directory that is open to others is not used, and the window registers", async () => {
  await using sandbox = await extensionSandbox();
  const path = await instancePath(sandbox, sandbox.directory);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.chmod(dirname(path), 0o755);
  await startRegistry(sandbox);
  const host = await remoteWindow(sandbox);
  await untilSession(sandbox, "the window is registered", (session) => session !== undefined);
  assert(logs(host.log, "is open to others"), host.log.join("\n"));
  assertEquals([...Deno.readDirSync(dirname(path))], []);
});

Deno.test("the window does not register with a registry whose directory is open to others", async () => {
  await using sandbox = await extensionSandbox();
  await startRegistry(sandbox);
  const directory = sandbox.path("run/sessionctl");
  await Deno.chmod(directory, 0o777);
  const host = await remoteWindow(sandbox);
  await until("it says why", () => logs(host.log, "is open to others"));
  await host.kill();
  await Deno.chmod(directory, 0o700);
  assertEquals(await sessions(sandbox), []);
});

Deno.test("a runtime directory that is open to others gets no command-line socket", async () => {
  await using sandbox = await extensionSandbox();
  const directory = sandbox.path("run/sessionctl");
  await Deno.mkdir(directory);
  await Deno.chmod(directory, 0o770);
  const host = await startHost(sandbox);
  await until("it says so", () => logs(host.log, "it has no command-line socket"));
  assertEquals([...Deno.readDirSync(directory)], []);
});

Deno.test("a file at the path of the folder's socket is left alone", async () => {
  await using sandbox = await extensionSandbox();
  const folder = await Deno.realPath(sandbox.path("home"));
  const path = await instancePath(sandbox, folder);
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(path, "not a socket");
  const host = await startHost(sandbox, { calls: [["folders", [folder]], ["focus", true]] });
  await until("it listens", () => [...Deno.readDirSync(dirname(path))].length === 3);
  await host.deactivate();
  assertEquals(await Deno.readTextFile(path), "not a socket");
  assertEquals(exists(path), true);
});
