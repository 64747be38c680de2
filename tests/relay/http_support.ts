import { makeCertificate, type RunningRelay, startRelay } from "./support.ts";
import type { Sandbox } from "../support/mod.ts";
import { connect, encode, readAll, serveUnix, writeAll } from "./support.ts";
import { ByteReader, parseRequestHead } from "../../src/http/mod.ts";
import { BodyFramer } from "../../src/relay/http/framing.ts";

export const TOKEN = "0123456789abcdef0123456789abcdef";

/** The requests and connections that a test's HTTP server has received. */
export interface SeenRequests {
  readonly heads: string[];
  readonly connections: () => number;
}

/** Answers each request with its method, target and body length; upgrades only to `echo`. */
export function serveHttp(sandbox: Sandbox, path: string): SeenRequests {
  const heads: string[] = [];
  let connections = 0;
  serveUnix(sandbox, path, async (conn) => {
    connections++;
    const reader = new ByteReader(conn);
    for (let bytes; (bytes = await reader.takeUntilBreak(65536)) !== null;) {
      const head = parseRequestHead(bytes);
      heads.push(new TextDecoder("latin1").decode(bytes));
      const body = new BodyFramer(head.bodyLength);
      let length = 0;
      while (!body.done) {
        if (reader.length === 0 && !(await reader.fill())) return;
        const taken = body.consume(reader.buffered);
        length += taken;
        reader.skip(taken);
      }
      if (head.headers.get("upgrade") === "echo") {
        await writeAll(
          conn,
          encode(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n",
          ),
        );
        await writeAll(conn, reader.buffered);
        const buffer = new Uint8Array(1024);
        for (let n; (n = await conn.read(buffer)) !== null;) {
          await writeAll(conn, buffer.subarray(0, n));
        }
        return;
      }
      const text = head.method === "HEAD" ? "" : `${head.method} ${head.target} ${length}\n`;
      const said = head.method === "HEAD" ? 99 : text.length;
      await writeAll(conn, encode(`HTTP/1.1 200 OK\r\nContent-Length: ${said}\r\n\r\n${text}`));
    }
    await conn.closeWrite();
  });
  return { heads, connections: () => connections };
}

/** Starts a relay that requires the token, with a target that records requests. */
export async function startGuarded(
  sandbox: Sandbox,
  more: readonly string[] = [],
  secret = TOKEN,
): Promise<{ relay: RunningRelay; seen: SeenRequests }> {
  const socket = sandbox.path("target.sock");
  const seen = serveHttp(sandbox, socket);
  const token = sandbox.path("token");
  await Deno.writeTextFile(token, `${secret}\n`, { mode: 0o600 });
  const pair = await makeCertificate();
  const relay = await startRelay(sandbox, ["--to", socket, "--token-file", token, ...more], {
    pair,
  });
  return { relay, seen };
}

/** Sends `text`, ends the sending side, and returns everything that the relay answers. */
export async function exchange(relay: RunningRelay, text: string): Promise<string> {
  const conn = await connect(relay);
  try {
    await writeAll(conn, encode(text));
    await conn.closeWrite();
    return await readAll(conn);
  } finally {
    conn.close();
  }
}

/** A request with a Host field and, by default, the correct token. */
export const request = (
  line: string,
  fields = `Authorization: Bearer ${TOKEN}\r\n`,
  body = "",
): string => `${line} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n${body}`;

export const statusOf = (answer: string): number =>
  Number(/^HTTP\/1\.1 ([0-9]+)/.exec(answer)?.[1]);
