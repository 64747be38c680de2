// A main socket whose process answers with arbitrary data: no failure, hang or growing memory.
import { assert, assertEquals } from "@std/assert";
import {
  describeFolder,
  findDesktopEditors,
  holderOf,
  tellDesktop,
} from "../../src/desktop/mod.ts";
import { readDiagnostics } from "../../src/desktop/diagnostics.ts";
import { SessionctlError } from "../../src/errors.ts";
import { fuzzSeed, makeSandbox, seeded, tally } from "../support/mod.ts";

const random = seeded(fuzzSeed(20261128));
const below = (limit: number) => Math.floor(random() * limit);

/** Any JSON value, often with the names that a main process uses. */
function anything(depth = 0): unknown {
  const kinds = depth > 4 ? 5 : 8;
  switch (below(kinds)) {
    case 0:
      return below(2) === 0 ? null : undefined;
    case 1:
      return [-1, 0, 1, 1.5, 2 ** 40, NaN, true][below(7)];
    case 2:
      return ["", "file", "vscode-remote", "/a", "\0", "ssh-remote+x", "%ff", "a/b?c#d"][below(8)];
    case 3:
      return "x".repeat(below(10_000));
    case 4:
      return ["file:///a", "vscode-remote://ssh-remote+7b7d/x", "://", "file:"][below(4)];
    case 5:
      return Array.from({ length: below(6) }, () => anything(depth + 1));
    default: {
      const names = ["windows", "mainPID", "folderURIs", "title", "pid", "remoteAuthority", "id"];
      names.push("scheme", "authority", "path", "toString", "__proto__");
      const chosen = names.filter(() => below(2) === 0);
      return Object.fromEntries(chosen.map((name) => [name, anything(depth + 1)]));
    }
  }
}

Deno.test("any answer of a main process is read or refused, and can be shown", () => {
  let read = 0;
  for (let round = 0; round < 20_000; round++) {
    const answer = below(2) === 0 ? anything() : { windows: [anything(1)], mainPID: anything(3) };
    try {
      const { pid, windows } = readDiagnostics(answer);
      read++;
      assert(Number.isInteger(pid) && pid >= 0);
      for (const { folderUris, title } of windows) {
        assertEquals(typeof title, "string");
        for (const uri of folderUris) assertEquals(typeof describeFolder(uri), "string");
      }
      holderOf(windows, "file:///a/b");
    } catch (error) {
      assert(error instanceof SessionctlError && error.code === "INVALID_MESSAGE", String(error));
    }
  }
  tally({ "diagnostics of desktop editors": 20_000 });
  assert(read > 1000, `only ${read} answers could be read`);
});

Deno.test("whatever bytes come from a main socket, the editor has a state and calls fail with a SessionctlError", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("run/vscode-0123abcd-1.13-main.sock");
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  const serve = async () => {
    for await (const conn of listener) {
      await conn.write(bytes()).catch(() => {});
      conn.close();
    }
  };
  serve().catch(() => {}); // The test's end closes the listener.
  for (let round = 0; round < 150; round++) {
    const [editor] = await findDesktopEditors({ sockets: [path], timeoutMs: 5000 });
    assert(["no-editor", "unresponsive"].includes(editor!.state), editor!.state);
    const failed = await tellDesktop(path, { fileUris: ["file:///a"] }, { timeoutMs: 5000 })
      .then(() => undefined, (error) => error);
    assert(failed instanceof SessionctlError, String(failed));
  }
  tally({ "bytes from main sockets": 150 });
});

/** Frames of the protocol with an answer to the first call, partly changed. */
function bytes(): Uint8Array {
  const initialize = [4, 1, 6, 200, 1, 0];
  const answer = [4, 2, 6, below(2) === 0 ? 201 : below(256), 1, 6, 0, 5, 2, 0x7b, 0x7d];
  const frame = (body: number[]) => [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, body.length, ...body];
  const whole = [...frame(initialize), ...frame(answer)];
  for (let change = below(8); change >= 0; change--) whole[below(whole.length)] = below(256);
  return new Uint8Array(below(3) === 0 ? whole.slice(0, below(whole.length)) : whole);
}
