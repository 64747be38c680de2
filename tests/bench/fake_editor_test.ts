import { assertStringIncludes } from "@std/assert";
import { startFakeEditor } from "../../scripts/bench/lib/mod.ts";
import { makeSandbox } from "../support/mod.ts";

// Node sends a body in chunks if its length is not known with its first part.
Deno.test("the benches' stand-in takes a message in chunks, as VS Code's remote CLI sends it", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("editor.sock");
  await using _editor = await startFakeEditor(socket);
  using conn = await Deno.connect({ transport: "unix", path: socket });
  const send = (text: string) => conn.write(new TextEncoder().encode(text));
  await send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  await send('10\r\n{"type":"status"\r\n');
  await send("1\r\n}\r\n0\r\n\r\n");
  const answer = await new Response(conn.readable).text();
  assertStringIncludes(answer, "HTTP/1.1 200 OK");
});
