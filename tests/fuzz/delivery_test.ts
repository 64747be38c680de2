/** Messages that a hostile machine at the far end of a link may send. */
import { assert, assertEquals } from "@std/assert";
import {
  DeliveryRefusal,
  readDelivery,
  readQuestion,
  remoteFileUri,
  remotePlaceOf,
} from "../../src/links/mod.ts";
import { isRemoteFolder } from "../../src/links/delivery.ts";
import { readClipboardText, readUrl } from "../../src/links/extra_request.ts";
import { fuzzSeed, seeded, tally } from "../support/mod.ts";

const random = seeded(fuzzSeed(16));
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const VALUES: readonly unknown[] = [
  ...[null, true, 0, -1, 1, 1e308, NaN, "", "/", "/a", "/a/../b", "..", "//a", "a", "\0", "\ud800"],
  ...["command:x", "vscode://a", "file:///etc", "/a?b#c%2e%2e/", "/\u202e\x1b[31m", "/x:1:2"],
  ...["ssh-remote+hostb", "ssh-remote+hostc", "ssh-remote+a/../b", "wsl+x", "open", "diff", "add"],
  ...[[], {}, [[]], { length: 9 }, "x".repeat(5000), Array(1001).fill({}), { toString: null }],
];

function anything(depth: number): unknown {
  if (depth === 0 || random() < 0.6) return pick(VALUES);
  if (random() < 0.5) {
    return Array.from({ length: Math.floor(random() * 4) }, () => anything(depth - 1));
  }
  return Object.fromEntries(["kind", "path", "line", "x"].map((key) => [key, anything(depth - 1)]));
}

/** A valid delivery with some parts replaced. */
function mutated(): unknown {
  const item = () => ({
    kind: random() < 0.9 ? pick(["file", "folder"]) : anything(1),
    path: random() < 0.7 ? pick(["/a", "/home/ann/b c", "/ü/%2e%2e/x:1"]) : anything(1),
    ...random() < 0.2 ? { realPath: random() < 0.7 ? "/data/b c" : anything(1) } : {},
    ...random() < 0.3 ? { line: random() < 0.7 ? 7 : anything(1) } : {},
  });
  const delivery: Record<string, unknown> = {
    version: 1,
    from: { host: "b" },
    authority: "ssh-remote+hostb",
    mode: pick(["open", "open", "diff", "add"]),
    items: Array.from({ length: 1 + Math.floor(random() * 3) }, item),
  };
  if (random() < 0.5) {
    delivery[pick([...Object.keys(delivery), "wait", "newWindow", "via"])] = anything(2);
  }
  return random() < 0.05 ? anything(3) : delivery;
}

Deno.test("any message is refused, or is a delivery whose URIs belong to the linked machine", () => {
  let read = 0;
  for (let at = 0; at < 20_000; at++) {
    try {
      const { items } = readDelivery(mutated());
      read++;
      for (const path of items.flatMap(({ path, realPath }) => [path, realPath ?? path])) {
        const uri = remoteFileUri("ssh-remote+hostb", path);
        assert(!/\s/.test(uri), uri);
        const trimmed = path.replace(/(.)\/+$/s, "$1");
        assertEquals(remotePlaceOf(uri), { authority: "ssh-remote+hostb", path: trimmed });
        assertEquals(new URL(uri).host.toLowerCase(), "ssh-remote+hostb");
      }
    } catch (error) {
      if (!(error instanceof DeliveryRefusal)) throw error;
      assert(error.message.length < 300, error.message);
    }
  }
  tally({ "deliveries over links": 20_000 });
  assert(read > 1000, `only ${read} were read`);
});

Deno.test("any question is refused, or names a folder that can stand in ssh's arguments", () => {
  const parts = [
    "/run",
    "/user",
    "/1000",
    "/..",
    "/.",
    ":",
    " ",
    "%d",
    "\n",
    "'",
    "/a.b-c_d",
    "$(x)",
  ];
  let read = 0;
  for (let at = 0; at < 20_000; at++) {
    const text = Array.from({ length: Math.floor(random() * 6) }, () => pick(parts)).join("");
    const remoteFolder = random() < 0.9 ? text : anything(2);
    const question = readQuestion({ version: 1, paths: ["/a"], remoteFolder });
    if (question.remoteFolder === undefined) continue;
    read++;
    assert(isRemoteFolder(question.remoteFolder));
    assert(
      /^\/[\w./-]{1,63}$/.test(question.remoteFolder) && !question.remoteFolder.includes("/."),
    );
  }
  assert(read > 100, `only ${read} were read`);
});

Deno.test("any page or text is refused, or is one of the web or without control characters", () => {
  const parts = [
    "http://",
    "https://",
    "a.example",
    "/",
    "?x=",
    "#",
    "@",
    ":",
    "\n",
    "\x1b[31m",
    "\0",
  ];
  const words = [...parts, "file:", "javascript:", "command:", "\u009b", "\ud800", " ", "é", "%00"];
  let read = 0;
  for (let at = 0; at < 20_000; at++) {
    const text = Array.from({ length: Math.floor(random() * 6) }, () => pick(words)).join("");
    const value = random() < 0.9 ? text : anything(2);
    try {
      const url = new URL(readUrl({ version: 1, url: value }));
      assert(
        /^https?:$/.test(url.protocol) && url.username === "" && !/[\s\p{Cc}]/u.test(url.href),
      );
      read++;
    } catch (error) {
      if (!(error instanceof DeliveryRefusal)) throw error;
    }
    try {
      const copied = readClipboardText({ version: 1, text: value });
      assert(!/[^\P{Cc}\t\n\r]/u.test(copied) && copied.isWellFormed());
      read++;
    } catch (error) {
      if (!(error instanceof DeliveryRefusal)) throw error;
    }
  }
  assert(read > 1000, `only ${read} were read`);
});
