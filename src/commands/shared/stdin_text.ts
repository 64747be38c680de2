import { formatBytes } from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";

/**
 * Reads stdin to its end. A byte order mark stays in the text.
 *
 * @param maxBytes Maximum length of the text, in bytes.
 * @throws {SessionctlError} `MESSAGE_TOO_LARGE`; `INVALID_ARGUMENT` for invalid UTF-8.
 */
export async function readStdinText(maxBytes: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let length = 0;
  try {
    for await (const chunk of Deno.stdin.readable) {
      length += chunk.length;
      if (length > maxBytes) {
        throw new SessionctlError("MESSAGE_TOO_LARGE", `stdin exceeds ${formatBytes(maxBytes)}`);
      }
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SessionctlError("INVALID_ARGUMENT", "stdin is not UTF-8 text", { cause: error });
  }
}
