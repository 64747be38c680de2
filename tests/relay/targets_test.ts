/** The targets of connections, and the sockets that no session or route may lead to. */
import { assertEquals, assertRejects } from "@std/assert";
import { SessionctlError } from "../../src/errors.ts";
import { SessionTarget } from "../../src/relay/connect/session_target.ts";
import { loadDescriptors } from "../../src/relay/data/side.ts";
import { makeConnector } from "../../src/relay/connect/targets.ts";
import { UnixConnector } from "../../src/relay/connect/unix_connector.ts";
import { makeSandbox, type Sandbox } from "../support/mod.ts";
import { encode, readText, serveUnix, writeAll } from "./support.ts";

interface Candidate {
  readonly socketPath: string;
  readonly relaySocket?: string;
  readonly folder?: string | null;
  readonly liveness?: string;
}

/** A target with a fake registry; the answer `undefined` makes the registry fail. */
function targetOf(sandbox: Sandbox) {
  const path = sandbox.path("registry.sock");
  let said: readonly Candidate[] | undefined = [];
  const server = Deno.serve({ path, onListen: () => {} }, () => {
    if (said === undefined) return new Response("no", { status: 500 });
    return Response.json({
      candidates: said.map(({ socketPath, relaySocket, folder = "/work", liveness = "live" }) => ({
        session: { socketPath, relaySocket, kind: "editor", source: "api" },
        folder,
        liveness,
      })),
    });
  });
  sandbox.defer(() => server.shutdown());
  const target = new SessionTarget("/work", path);
  const sockets = async (answer: readonly Candidate[] | undefined) => {
    said = answer;
    return await target.sockets();
  };
  return { target, sockets };
}

const one = { socketPath: "/run/one.sock", relaySocket: "/run/one-http.sock" };
const two = { socketPath: "/run/two.sock", relaySocket: "/run/two-http.sock" };

Deno.test("a session's relay socket is a target while the session is live and contains the path", async () => {
  await using sandbox = await makeSandbox();
  const { sockets } = targetOf(sandbox);
  assertEquals(await sockets([one, two]), [one.relaySocket, two.relaySocket]);
  for (
    const out of [
      { ...one, folder: null },
      { ...one, liveness: "dead" },
      { ...one, liveness: "unresponsive" },
      { ...one, relaySocket: undefined },
    ]
  ) {
    assertEquals(await sockets([out, two]), [two.relaySocket]);
    await assertRejects(() => sockets([out]), SessionctlError, "has a relay socket");
  }
});

Deno.test("a session cannot register an editor's CLI socket as its relay socket", async () => {
  await using sandbox = await makeSandbox();
  const { sockets } = targetOf(sandbox);
  const link = sandbox.path("innocent.sock");
  await Deno.symlink(sandbox.path("vscode-ipc-0a1b.sock"), link);
  await Deno.writeTextFile(sandbox.path("vscode-ipc-0a1b.sock"), "");
  for (
    const relaySocket of [
      one.socketPath,
      two.socketPath,
      "/run/../run/two.sock",
      "/run/vscode-ipc-77c0.sock",
      link,
    ]
  ) {
    // Editor sockets of dead windows, and of windows elsewhere, are also refused.
    const others = { ...two, folder: null, liveness: "dead" };
    await assertRejects(() => sockets([{ ...one, relaySocket }, others]), SessionctlError);
  }
});

Deno.test("the socket that was reached last is the last candidate, and the only one while no registry answers", async () => {
  await using sandbox = await makeSandbox();
  const { target, sockets } = targetOf(sandbox);
  target.reached("/run/before.sock");
  assertEquals(await sockets([one]), [one.relaySocket, "/run/before.sock"]);
  assertEquals(await sockets([]), ["/run/before.sock"]);
  // A registry that answers with an error is running, so the relay does not guess.
  await assertRejects(() => sockets(undefined), SessionctlError);
  const alone = new SessionTarget("/work", sandbox.path("none.sock"));
  await assertRejects(() => alone.sockets(), SessionctlError, "no registry");
  alone.reached("/run/before.sock");
  assertEquals(await alone.sockets(), ["/run/before.sock"]);
});

Deno.test("a route matches its name in any case and never leads to an editor's CLI socket", async () => {
  await using sandbox = await makeSandbox();
  const descriptors = await loadDescriptors();
  const connectorOf = (routes: Record<string, string>) =>
    makeConnector(
      { target: { kind: "routes", routes }, allowOwners: [] } as never,
      descriptors,
    );
  const good = sandbox.path("good.sock");
  serveUnix(sandbox, good, (conn) => writeAll(conn, encode("here")));
  const connector = await connectorOf({ "a.test": good });
  for (const serverName of ["a.test", "A.Test"]) {
    const { side } = await connector.connect({ serverName }, 5000);
    assertEquals(await readText(side.stream as unknown as Deno.Conn, 4), "here");
    side.close();
  }
  for (const info of [{}, { serverName: "b.test" }, { serverName: "__proto__" }]) {
    await assertRejects(() => connector.connect(info, 5000), SessionctlError, "no route for");
  }
  await assertRejects(
    () => connectorOf({ "a.test": good, "b.test": "/run/vscode-ipc-0a1b.sock" }),
    SessionctlError,
    "is an editor's CLI socket",
  );
});

Deno.test("the connector uses the first socket that exists and belongs to this user", {
  // Changing the owner of a file requires root.
  ignore: Deno.uid() !== 0,
}, async () => {
  await using sandbox = await makeSandbox();
  const [foreign, ours] = ["foreign.sock", "ours.sock"].map((name) => sandbox.path(name));
  for (const path of [foreign!, ours!]) {
    serveUnix(sandbox, path, (conn) => writeAll(conn, encode(path === ours ? "ours" : "evil")));
  }
  await Deno.chown(foreign!, 12345, 12345);
  const paths = [sandbox.path("none.sock"), foreign!, ours!];
  const reached: string[] = [];
  const connector = new UnixConnector(
    () => Promise.resolve(paths),
    () => Promise.resolve(paths),
    await loadDescriptors(),
    { reached: (path) => void reached.push(path) },
  );
  const { side } = await connector.connect({}, 5000);
  assertEquals(await readText(side.stream as unknown as Deno.Conn, 4), "ours");
  side.close();
  assertEquals(await connector.accepts(), true);
  assertEquals(reached, [ours, ours]);
  // Without a usable socket, the error gives the reason of the best candidate.
  paths.pop();
  await assertRejects(() => connector.connect({}, 5000), SessionctlError, "no socket at");
  assertEquals(await connector.accepts(), false);
});
