import { join, relative } from "@std/path";
import { assertEquals, assertRejects } from "@std/assert";
import { SessionctlError } from "../../src/errors.ts";
import { connectOwned } from "../../src/platform/mod.ts";
import { nextDescriptor, peerUid } from "../../src/platform/ffi/libc.ts";
import {
  makeSandbox,
  type Sandbox,
  sharedFolder,
  spawn,
  startStranger,
  STRANGER,
  type Stranger,
  until,
  withStranger,
} from "../support/mod.ts";

const kernel = { next: nextDescriptor, peerUid };
type By = "way" | "kernel";
/** Number of connections that the stranger has to get before the race counts as one. */
const ENOUGH = 20;

/** Sends secrets until the stranger was reached often enough. */
async function tellSecrets(sandbox: Sandbox, path: string, stranger: Stranger, by: By) {
  const script = join(import.meta.dirname!, "send_secrets.ts");
  const sender = spawn(sandbox, Deno.execPath(), [
    ...["run", "--quiet", "--allow-all", "--no-check", script, path, by],
  ]);
  await until(
    () => `the stranger is reached ${stranger.received.length} times: ${sender.errors.join("\n")}`,
    () => stranger.received.length >= ENOUGH,
    60_000,
  );
  await sender.stop("SIGKILL");
  await stranger.stop();
  assertEquals(stranger.received.filter((text) => text !== ""), []);
}

for (const by of ["way", "kernel"] as const) {
  Deno.test({
    ...withStranger,
    name: `nothing is sent to another user who binds an editor's name as it ends (by the ${by})`,
    async fn() {
      await using sandbox = await makeSandbox();
      const path = `${await sharedFolder(sandbox)}/editor.sock`;
      await startStranger(sandbox, ["flap", path], { uid: 0 });
      const stranger = await startStranger(sandbox, ["take-briefly", path]);
      await tellSecrets(sandbox, path, stranger, by);
    },
  });

  Deno.test({
    ...withStranger,
    name: `nothing is sent to another user who swaps the link on the way (by the ${by})`,
    async fn() {
      await using sandbox = await makeSandbox();
      const folder = await sharedFolder(sandbox);
      for (const name of ["ours", "theirs"]) await Deno.mkdir(`${folder}/${name}`);
      await Deno.chown(`${folder}/theirs`, STRANGER, STRANGER);
      listen(sandbox, `${folder}/ours/editor.sock`);
      const stranger = await startStranger(sandbox, [
        "swap",
        `${folder}/theirs/link`,
        `${folder}/ours`,
        `${folder}/theirs`,
        "editor.sock",
      ]);
      const isThere = (path: string) => () => Deno.lstat(path).then(() => true, () => false);
      const theirs = `${folder}/theirs/editor.sock`;
      await until("the stranger listens", isThere(theirs));
      // A socket that the stranger got by mistake looks like one of ours.
      await Deno.chown(theirs, 0, 0);
      const path = `${folder}/theirs/link/editor.sock`;
      await until("the link is there", isThere(path));
      await tellSecrets(sandbox, path, stranger, by);
    },
  });
}

Deno.test({
  name: "the kernel is asked about a socket that is too new for its times to prove anything",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const path = `${await sharedFolder(sandbox)}/editor.sock`;
    const isAsked = async () => {
      const { conn, descriptor } = await connectOwned(path);
      conn.close();
      return descriptor !== undefined;
    };
    // On a busy machine, a new socket may be old by the time of the connect.
    await until("a new socket is met while it is new", () => {
      const listener = Deno.listen({ transport: "unix", path });
      return isAsked().finally(() => {
        listener.close();
      });
    });
    using _listener = Deno.listen({ transport: "unix", path });
    await until("the socket is old enough", async () => !(await isAsked()));
  },
});

function listen(sandbox: Sandbox, path: string): void {
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  (async () => {
    for await (const conn of listener) conn.close();
  })();
}

Deno.test({
  ...withStranger,
  name: "a socket of ours on which another user's process listens is not used where it was moved",
  async fn() {
    await using sandbox = await makeSandbox();
    const folder = await sharedFolder(sandbox, 0o777);
    const path = `${folder}/editor.sock`;
    await startStranger(sandbox, ["take", path]);
    const connects = async () => (await Deno.connect({ transport: "unix", path })).close();
    await until("it listens", () => connects().then(() => true, () => false));
    await Deno.chown(path, 0, 0);
    const refused = await assertRejects(() => connectOwned(path), SessionctlError);
    assertEquals(refused.code, "FOREIGN_OWNER");
    const { conn } = await connectOwned(path, { allowOwners: [STRANGER] });
    conn.close();
  },
});

Deno.test({
  name: "a socket is reached by relative paths, links, dots and folders that a group may write to",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using sandbox = await makeSandbox();
    const folder = sandbox.path("group");
    await Deno.mkdir(folder);
    await Deno.chmod(folder, 0o775);
    await Deno.symlink("group/.", sandbox.path("relative"));
    await Deno.symlink(`${folder}/../relative`, sandbox.path("absolute"));
    listen(sandbox, `${folder}/editor.sock`);
    for (const way of ["group", "relative", "absolute", "absolute/../group", "group//."]) {
      (await connectOwned(`${sandbox.directory}/${way}/editor.sock`)).conn.close();
    }
    const above = relative(Deno.cwd(), sandbox.directory);
    (await connectOwned(`${above}/relative/editor.sock`)).conn.close();
  },
});

Deno.test({
  name: "the kernel distinguishes many connections that are made at once",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using sandbox = await makeSandbox();
    const path = sandbox.path("editor.sock");
    listen(sandbox, path);
    const opened = await Promise.all(
      Array.from({ length: 100 }, () => connectOwned(path, { kernel })),
    );
    assertEquals(new Set(opened.map(({ descriptor }) => descriptor)).size, 100);
    for (const { conn } of opened) conn.close();
  },
});
