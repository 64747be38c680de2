/** Whatever an editor answers, a client ends in time with an answer or a SessionctlError. */
import { assert } from "@std/assert";
import { codeServerSession, probeEditor, sendToEditor } from "../../src/editor/mod.ts";
import { SessionctlError } from "../../src/errors.ts";
import { fuzzSeed, makeSandbox, type Sandbox, seeded, tally } from "../support/mod.ts";
import { damaged } from "./messages.ts";

const CASES = 400;
const TIMEOUT_MS = 300;

const ANSWERS = [
  "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 4\r\n\r\nnull",
  'HTTP/1.1 404 Not Found\r\nContent-Length: 17\r\n\r\n"Unknown message"',
  'HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"oops\r\n1\r\n"\r\n0\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{"a":[1,2,{"b":"\xc3\xa9"}]}',
];

/** Answers each connection with the next of `answers`, then ends it. */
function startLiar(
  sandbox: Sandbox,
  answer: () => Uint8Array | ReadableStream<Uint8Array>,
): string {
  const path = sandbox.path("liar.sock");
  const listener = Deno.listen({ transport: "unix", path });
  const serving = (async () => {
    for await (const conn of listener) {
      (async () => {
        const content = answer();
        const chunks = content instanceof Uint8Array ? [content] : content;
        await conn.read(new Uint8Array(64 * 1024));
        for await (const chunk of chunks) await conn.write(chunk);
      })().catch(() => {}).finally(() => conn.close());
    }
  })();
  sandbox.defer(async () => {
    listener.close();
    await serving.catch(() => {});
  });
  return path;
}

Deno.test("any bytes in an answer end in a value or a SessionctlError, and a probe in a verdict", async () => {
  await using sandbox = await makeSandbox();
  const seed = fuzzSeed(20240601);
  const random = seeded(seed);
  let current = new Uint8Array();
  const path = startLiar(sandbox, () => current);
  for (let i = 0; i < CASES; i++) {
    current = damaged(ANSWERS, random);
    const shown = `seed ${seed}, case ${i}: ${JSON.stringify(new TextDecoder().decode(current))}`;
    const verdict = await probeEditor(path, { timeoutMs: TIMEOUT_MS });
    assert(["live", "unresponsive", "no-editor"].includes(verdict), shown);
    try {
      await sendToEditor(path, { type: "status" }, { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      assert(error instanceof SessionctlError, `${shown}: ${error}`);
      assert(
        ["EDITOR_REFUSED", "EDITOR_GONE", "MESSAGE_UNREAD", "TIMED_OUT"].includes(error.code),
        `${shown}: ${error.code}`,
      );
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x08\x0b-\x1f\x7f]/.test(error.message), shown);
    }
  }
  tally({ "answers of editors": CASES });
});

Deno.test("any bytes in a code-server's answer end in a path, in none, or in a SessionctlError", async () => {
  await using sandbox = await makeSandbox();
  const seed = fuzzSeed(20240602);
  const random = seeded(seed);
  const answers = [
    ...ANSWERS,
    'HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{"socketPath":"/run/a.sock"}',
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"socketPath":[]}',
  ];
  let current = new Uint8Array();
  const path = startLiar(sandbox, () => current);
  for (let i = 0; i < CASES; i++) {
    current = damaged(answers, random);
    const shown = `seed ${seed}, case ${i}: ${JSON.stringify(new TextDecoder().decode(current))}`;
    try {
      const found = await codeServerSession(path, "/work/a.ts", { timeoutMs: TIMEOUT_MS });
      assert(found === undefined || found.startsWith("/"), shown);
    } catch (error) {
      assert(error instanceof SessionctlError, `${shown}: ${error}`);
    }
  }
  tally({ "answers of code-servers": CASES });
});

for (
  const [name, head, chunk] of [
    ["a head", "HTTP/1.1 200 OK\r\nX: ", "y"],
    ["header fields", "HTTP/1.1 200 OK\r\n", "A: b\r\n"],
    ["a body", "HTTP/1.1 200 OK\r\n\r\n", "z"],
    ["chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nz\r\n"],
    ["interim answers", "", "HTTP/1.1 100 Continue\r\n\r\n"],
  ] as const
) {
  Deno.test(`an endless ${name} is cut off at a limit`, async () => {
    await using sandbox = await makeSandbox();
    const encoder = new TextEncoder();
    const block = encoder.encode(chunk.repeat(Math.ceil(16_384 / chunk.length)));
    const endless = () =>
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(encoder.encode(head)),
        pull: (controller) => controller.enqueue(block),
      });
    const path = startLiar(sandbox, endless);
    const sent = sendToEditor(path, { type: "status" }, { timeoutMs: 2000 });
    const error = await sent.then(() => undefined, (error) => error);
    assert(error instanceof SessionctlError, String(error));
    const verdict = await probeEditor(path, { timeoutMs: TIMEOUT_MS });
    assert(["unresponsive", "no-editor"].includes(verdict), verdict);
  });
}
