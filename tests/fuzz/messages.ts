/** Valid HTTP messages and damaged versions of them, for fuzz tests. */

/** The bytes of a text on the wire, one for each character. */
const bytesOf = (text: string): number[] =>
  Array.from(text, (character) => character.charCodeAt(0));

const entry = '{"entry":{"socketPath":"/tmp/a.sock","workspace":{"folders":["/w"]}}}';

/** The requests that code-server's session socket and our registry share. */
export const SESSION_REQUESTS: readonly string[] = [
  "GET /session?filePath=/w/a.ts HTTP/1.1\r\nHost: localhost\r\n\r\n",
  `POST /add-session HTTP/1.1\r\nContent-Length: ${entry.length}\r\n\r\n${entry}`,
  `POST /add-session HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${
    entry.length.toString(16)
  }\r\n${entry}\r\n0\r\n\r\n`,
  'POST /delete-session HTTP/1.1\r\nContent-Length: 30\r\n\r\n{"socketPath":"/tmp/a.sock"}  ',
];

/** Parts that have a meaning in HTTP, wherever they are inserted. */
const PARTS = ["\r\n", "\r\n\r\n", "\0", "Content-Length: 9\r\n", ": ", "0\r\n\r\n", "\xff", "  "];

/**
 * One of `messages` with up to five changes: nearly valid, or not at all, and sometimes unchanged.
 *
 * @param random A generator from `seeded`.
 */
export function damaged(
  messages: readonly string[],
  random: () => number,
): Uint8Array<ArrayBuffer> {
  const pick = (count: number) => Math.floor(random() * count);
  const one = () => bytesOf(messages[pick(messages.length)]!);
  let bytes = one();
  for (let changes = pick(6); changes > 0; changes--) {
    const at = pick(bytes.length + 1);
    switch (pick(7)) {
      case 0:
        bytes[at] = pick(256);
        break;
      case 1:
        bytes.splice(at, 1 + pick(20));
        break;
      case 2:
        bytes.splice(at, 0, ...bytesOf(PARTS[pick(PARTS.length)]!));
        break;
      case 3:
        bytes = bytes.slice(0, at);
        break;
      case 4:
        bytes.push(...one());
        break;
      case 5:
        bytes.splice(at, 0, ...Array.from({ length: pick(200) }, () => pick(256)));
        break;
      case 6:
        bytes.splice(at, 0, ...bytes.slice(0, pick(bytes.length + 1)));
        break;
    }
  }
  return new Uint8Array(bytes);
}
