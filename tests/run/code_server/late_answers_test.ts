/** The windows of a code-server while the registry's answers come late, or get lost. */
import { assertEquals } from "@std/assert";
import { requestUnix } from "../../../src/http/mod.ts";
import { type HttpReply, type HttpRequest, jsonReply } from "../../../src/http/server/mod.ts";
import { RegistryClient } from "../../../src/registry/mod.ts";
import { startTestRegistry } from "../../registry/http_support.ts";
import { makeSandbox, type Sandbox, startEditor, until } from "../../support/mod.ts";
import { startHttpServer } from "../../support/raw_http.ts";
import { entryOf, pathsOf, startRegistrations } from "./registrations_support.ts";

/** Decides on the answer to a request; `pass` asks the registry. */
type Rule = (
  request: HttpRequest,
  pass: () => Promise<HttpReply>,
) => HttpReply | Promise<HttpReply>;

const pass: Rule = (_, pass) => pass();
/** An answer that was cut off. */
const LOST: HttpReply = { status: 200, headers: { "Content-Type": "application/json" } };

/** The folder that an `add-session` request registers. */
function addedFolder({ path, body }: HttpRequest): string | undefined {
  if (path !== "/add-session") return undefined;
  return JSON.parse(new TextDecoder().decode(body)).entry.workspace.folders[0];
}

/** Registrations that follow a registry through a server whose answers the test controls. */
async function startBehindDoor(sandbox: Sandbox) {
  const started = startRegistrations(sandbox, sandbox.path("run", "http.sock"));
  const { registrations, said, socket } = started;
  await registrations.find("/");
  const registry = await startTestRegistry(sandbox);
  const door = { rule: pass };
  startHttpServer(sandbox, {}, (request) =>
    door.rule(request, async () => {
      const { method, path, query, body } = request;
      const { status, headers, body: answer } = await requestUnix(registry.socketPath, {
        method,
        target: query === "" ? path : `${path}?${query}`,
        ...body.length > 0 && { body },
        timeoutMs: 20_000,
      });
      const type = headers.get("content-type") ?? "";
      return { status, headers: { "Content-Type": type }, body: answer };
    }));
  await until("they follow it", () => said.includes(`connected to the registry at ${socket}`));
  return { ...started, registry, door };
}

/** A moment that one side waits for until the other reaches it. */
const moment = () => Promise.withResolvers<void>();

/** Holds the answer to the registration of a folder: the registry's own, or another one. */
function hold(door: { rule: Rule }, folder: string, answer?: HttpReply) {
  const [arrived, released] = [moment(), moment()];
  const { rule } = door;
  door.rule = async (request, pass) => {
    if (addedFolder(request) !== folder) return await rule(request, pass);
    const reply = answer ?? await pass();
    arrived.resolve();
    await released.promise;
    return reply;
  };
  return { arrived: arrived.promise, release: released.resolve };
}

Deno.test("a window's newer entry is registered, although its older registration is confirmed later", async () => {
  await using sandbox = await makeSandbox();
  const { registrations, registry, door } = await startBehindDoor(sandbox);
  const { socketPath } = await startEditor(sandbox);
  door.rule = (request, pass) => addedFolder(request) === "/new" ? LOST : pass();
  const held = hold(door, "/old");
  const older = registrations.add(entryOf(socketPath, "/old"));
  await held.arrived;
  assertEquals(await registrations.add(entryOf(socketPath, "/new")), false);
  held.release();
  await older;
  door.rule = pass;
  await until(
    "the newer entry is registered",
    async () => JSON.stringify(await registry.sessions()).includes('"/new"'),
  );
});

Deno.test("a registration that fails after a newer one has succeeded is not repeated", async () => {
  await using sandbox = await makeSandbox();
  const { registrations, registry, door } = await startBehindDoor(sandbox);
  const [window, other] = [await startEditor(sandbox), await startEditor(sandbox)];
  const held = hold(door, "/old", LOST);
  const older = registrations.add(entryOf(window.socketPath, "/old"));
  await held.arrived;
  assertEquals(await registrations.add(entryOf(window.socketPath, "/new")), true);
  held.release();
  assertEquals(await older, false);
  // Failed registrations are repeated in order, so this one would be repeated last.
  const added: string[] = [];
  door.rule = async (request, pass) => {
    const folder = addedFolder(request);
    if (folder !== undefined) added.push(folder);
    return added.length === 1 ? LOST : await pass();
  };
  assertEquals(await registrations.add(entryOf(other.socketPath, "/other")), false);
  await until("it is repeated", async () => (await pathsOf(registry)).includes(other.socketPath));
  assertEquals(added, ["/other", "/other"]);
});

Deno.test("a window stays known if the registry refuses an older entry of it", async () => {
  await using sandbox = await makeSandbox();
  const { registrations, door } = await startBehindDoor(sandbox);
  const { socketPath } = await startEditor(sandbox);
  const held = hold(door, "/old", jsonReply(400, { error: "no" }));
  const older = registrations.add(entryOf(socketPath, "/old"));
  await held.arrived;
  assertEquals(await registrations.add(entryOf(socketPath, "/new")), true);
  held.release();
  assertEquals(await older, false);
  assertEquals(registrations.has(socketPath), true);
});

Deno.test("a window that waits for its registration stays known when its former session is removed", async () => {
  await using sandbox = await makeSandbox();
  const { registrations, registry, door } = await startBehindDoor(sandbox);
  const [window, last] = [await startEditor(sandbox), await startEditor(sandbox)];
  for (const { socketPath } of [window, last]) await registrations.add(entryOf(socketPath));
  door.rule = (request, pass) => addedFolder(request) === undefined ? pass() : LOST;
  assertEquals(await registrations.add(entryOf(window.socketPath, "/new")), false);
  const client = new RegistryClient({ socket: registry.socketPath });
  // Events arrive in order, so once the second one has arrived, so has the first.
  for (const { socketPath } of [window, last]) await client.deleteSession(socketPath);
  await until("both are heard", () => !registrations.has(last.socketPath));
  assertEquals(registrations.has(window.socketPath), true);
  door.rule = pass;
  await until("it is registered", async () => (await pathsOf(registry)).length === 1);
  assertEquals(await pathsOf(registry), [window.socketPath]);
});

Deno.test("a removal of ended windows also waits for the one in progress", async () => {
  await using sandbox = await makeSandbox();
  const { registrations, door } = await startBehindDoor(sandbox);
  const editor = await startEditor(sandbox);
  await registrations.add(entryOf(editor.socketPath));
  await editor.die();
  const [arrived, released] = [moment(), moment()];
  door.rule = async ({ path }, pass) => {
    if (path !== "/delete-session") return await pass();
    arrived.resolve();
    await released.promise;
    return await pass();
  };
  const first = registrations.removeDead();
  await arrived.promise;
  let ended = false;
  const second = registrations.removeDead().then(() => void (ended = true));
  // A turn of the event loop, in which it would end if it did not wait for the answer.
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(ended, false);
  released.resolve();
  await Promise.all([first, second]);
});

/** A timer that is left would keep the process alive. */
const LEAVES_NO_TIMER = { sanitizeOps: true };

Deno.test(
  "the end of the registrations ends the wait for the next attempt",
  LEAVES_NO_TIMER,
  async () => {
    await using sandbox = await makeSandbox();
    const { registrations, close } = startRegistrations(sandbox, sandbox.path("run", "none.sock"));
    assertEquals(await registrations.add(entryOf("/window.sock")), false);
    await close();
  },
);

Deno.test(
  "a registration that fails after the end of the registrations is not repeated",
  LEAVES_NO_TIMER,
  async () => {
    await using sandbox = await makeSandbox();
    const { registrations, door, close } = await startBehindDoor(sandbox);
    const held = hold(door, "/work", LOST);
    const adding = registrations.add(entryOf("/window.sock"));
    await held.arrived;
    await close();
    held.release();
    assertEquals(await adding, false);
  },
);
