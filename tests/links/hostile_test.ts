/**
 * A hostile machine at one end of a link: at the far end it floods the registry at home; at the
 * home end it answers `open` with garbage, or never.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { requestUnix } from "../../src/http/mod.ts";
import { freshLinkName } from "../../src/platform/mod.ts";
import { compiled, limited, makeSandbox, run, type Sandbox, until } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { connectRaw } from "../support/raw_http.ts";
import { sharedFolder, startStranger, untilTaken, withStranger } from "../support/stranger.ts";
import { askLink, deliveryOf, makeLink, startLinkedRegistry } from "./support.ts";

Deno.test("a machine that floods its link takes nothing from other links, the registry and its memory", async () => {
  await using sandbox = await makeSandbox();
  const desktop = await startDesktop(sandbox);
  const { link, socket, serving } = await startLinkedRegistry(sandbox);
  const other = await makeLink(socket, "hostc", "ssh-remote+hostc");
  const { pid } = serving.child;
  const facts = () => ({
    descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    kilobytes: Number(/VmRSS:\s*(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]),
  });
  const before = facts();
  const connections = await Promise.all(
    Array.from({ length: 100 }, () => connectRaw(sandbox, link.socketPath)),
  );
  const head = "POST /v1/deliveries HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n";
  connections.forEach((connection, at) => {
    const texts = ["", "POST /v1/del", head, `${head}{"items":[`, `${head}${"[".repeat(100_000)}`];
    void connection.send(texts[at % texts.length]!);
  });
  const delivery = deliveryOf(["/home/ann/a"], { authority: "ssh-remote+hostc" });
  assertEquals((await askLink(other.socketPath, "/v1/deliveries", delivery)).answer, "accepted");
  const request = { method: "GET", target: "/healthz", timeoutMs: 10_000 };
  assertEquals((await requestUnix(socket, request)).status, 200);
  const { descriptors, kilobytes } = facts();
  assert(descriptors - before.descriptors < 100, `${descriptors - before.descriptors} descriptors`);
  assert(kilobytes - before.kilobytes < 100_000, `${kilobytes - before.kilobytes} kB more`);
  assertEquals(desktop.starts.length, 1);
  for (const connection of connections) connection.close();
  await until("the link answers again", async () => {
    const find = askLink(link.socketPath, "/v1/find", { version: 1, paths: ["/a"] });
    return await find.then(({ answer }) => answer === "found", () => false);
  });
});

/** A home that answers each request with `answer`, or never. */
function startHome(far: Sandbox, answer: string | undefined): string {
  const path = far.path("run", freshLinkName());
  const listener = Deno.listen({ transport: "unix", path });
  far.defer(() => listener.close());
  (async () => {
    for await (const conn of listener) {
      far.defer(() => conn.close());
      await conn.read(new Uint8Array(64 * 1024));
      if (answer === undefined) continue;
      await conn.write(new TextEncoder().encode(answer)).catch(() => {});
    }
  })().catch(() => {});
  return path;
}

const json = (value: unknown, length?: number) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `HTTP/1.1 200 OK\r\nContent-Length: ${length ?? text.length}\r\n\r\n${text}`;
};

const ESCAPE = "\u001b]0;title\u0007\u001b[31m";
const FOUND = { answer: "found", home: { host: ESCAPE }, authority: "x", window: null };
const ANSWERS: readonly (readonly [name: string, answer: string | undefined])[] = [
  ["nothing at all", undefined],
  ["garbage", "\0\u0001garbage\r\n\r\n"],
  ["an answer without an end", json("{", 1e9)],
  ["a huge answer", json({ answer: "x".repeat(100_000) })],
  ["JSON of another kind", json([1, 2])],
  ["a refusal with control characters", json({ answer: "refused", reason: "x", message: ESCAPE })],
  ["a window that is none", json({ ...FOUND, window: { name: 7 } })],
  ["names with control characters", json({ ...FOUND, window: { name: ESCAPE, folder: "/" } })],
];

for (const [name, answer] of ANSWERS) {
  Deno.test(`open passes a link over whose other end answers with ${name}, and says so`, async () => {
    await using far = await makeSandbox();
    const path = startHome(far, answer);
    await Deno.writeTextFile(far.path("home", "a"), "");
    const args = ["open", "--strict", "--verbose", far.path("home", "a")];
    const { code, stderr } = await run(limited(compiled), far, { args });
    assertEquals(code, 1);
    assertStringIncludes(stderr, path);
    assert(!stderr.includes("\u001b") && !stderr.includes("\u0007"), stderr);
    assert(stderr.length < 10_000);
  });
}

Deno.test(
  "a socket of another user that has a link's name is not connected to",
  withStranger,
  async () => {
    await using far = await makeSandbox();
    const folder = await sharedFolder(far);
    const path = `${folder}/${freshLinkName()}`;
    const stranger = await startStranger(far, ["take", path]);
    await untilTaken(path);
    await Deno.writeTextFile(far.path("home", "a"), "");
    const args = ["open", "--strict", "--verbose", far.path("home", "a")];
    for (const [name, value] of [["XDG_RUNTIME_DIR", folder], ["SESSIONCTL_LINK", path]] as const) {
      const { code, stderr } = await run(compiled, far, { args, env: { [name]: value } });
      assertEquals(code, 1);
      assertStringIncludes(stderr, "links to other machines: none");
    }
    assertEquals(stranger.received, []);
  },
);
