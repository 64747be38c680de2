import { Buffer } from "node:buffer";
import { request as httpRequest } from "node:http";

/** The answer to an HTTP request. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * Sends an HTTP request over a Unix socket; a body is sent as JSON.
 *
 * @param timeoutMs Time limit of the whole exchange, in milliseconds.
 * @throws Node's error if no process answers, or one that names the problem of the answer.
 */
export function requestJson(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  body: unknown,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string | number> = { connection: "close" };
    if (text !== undefined) {
      headers["content-type"] = "application/json";
      headers["content-length"] = Buffer.byteLength(text);
    }
    // Without a name, Node checks whether the host is an IPv6 address: 20 ms for its first pattern.
    const options = { socketPath, method, path, headers, agent: false, servername: "" };
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) request.destroy(new Error("the answer is too long"));
      });
      response.on("error", reject);
      response.on("aborted", () => reject(new Error("the answer ended too early")));
      response.on("end", () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
      });
    });
    const timer = setTimeout(
      () => request.destroy(new Error(`${socketPath}: no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    request.on("error", (error) => (clearTimeout(timer), reject(error)));
    request.end(text);
  });
}
