const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true });

/**
 * The value of JSON that came from outside, as bytes. A byte order mark ahead of the JSON is
 * skipped (RFC 8259, section 8.1, allows that; PowerShell writes one), and bytes that are not
 * UTF-8 are refused: a replacement character in a path would name another file.
 *
 * @throws {SyntaxError} for what is not JSON, {TypeError} for what is not UTF-8.
 */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  return JSON.parse(utf8.decode(bytes));
}
