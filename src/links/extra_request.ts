import { DeliveryRefusal } from "./refusal.ts";

/**
 * The requests of a linked machine besides deliveries, each of which the user may allow by name.
 */
export type ExtraRequest = "browse" | "clipboard";

export function isExtraRequest(value: unknown): value is ExtraRequest {
  return value === "browse" || value === "clipboard";
}

/** Maximum length of a URL in characters: accepted by servers, but too short to leak much data. */
const MAX_URL_LENGTH = 2048;
/** Maximum length of a text for the clipboard, in characters. */
const MAX_TEXT_LENGTH = 100_000;

/**
 * Checks the URL of a web page.
 *
 * @param value The sender's JSON.
 * @throws {DeliveryRefusal} for other schemes, for URLs with a user, and for longer ones.
 */
export function readUrl(value: unknown): string {
  const url = readField(value, "url");
  if (url.length > MAX_URL_LENGTH) {
    throw malformed(`the URL is longer than ${MAX_URL_LENGTH} characters`);
  }
  const parsed = URL.parse(url);
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") {
    throw malformed("only URLs of http and https are opened");
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw malformed("a URL with a user or a password is not opened");
  }
  return parsed.href;
}

/**
 * Checks a text for the clipboard.
 *
 * @param value The sender's JSON.
 * @throws {DeliveryRefusal} for control characters, which a terminal obeys when the text is pasted
 * into it, and for longer texts.
 */
export function readClipboardText(value: unknown): string {
  const text = readField(value, "text");
  if (text.length > MAX_TEXT_LENGTH) {
    throw malformed(`the text is longer than ${MAX_TEXT_LENGTH} characters`);
  }
  if (!text.isWellFormed()) throw malformed("the text is not valid Unicode");
  if (/[^\P{Cc}\t\n\r]/u.test(text)) throw malformed("the text contains control characters");
  return text;
}

function readField(value: unknown, name: string): string {
  const { version, [name]: field } = Object(value) as Record<string, unknown>;
  if (version !== 1) throw new DeliveryRefusal("version", "unknown version");
  if (typeof field === "string" && field !== "") return field;
  throw malformed(`it has no ${name}`);
}

function malformed(message: string): DeliveryRefusal {
  return new DeliveryRefusal("malformed", message);
}
