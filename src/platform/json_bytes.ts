const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true });

/**
 * Parses JSON from an external source, as bytes. A byte order mark before the JSON is skipped (RFC
 * 8259, section 8.1, allows it; PowerShell writes one), and invalid UTF-8 is refused: a replacement
 * character in a path would name another file.
 *
 * @throws {SyntaxError} for invalid JSON, {TypeError} for invalid UTF-8.
 */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  return JSON.parse(utf8.decode(bytes));
}
