import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeliveryRefusal, type DeliveryRefusalReason, readDelivery } from "../../src/links/mod.ts";

const GOOD = {
  version: 1,
  from: { host: "hostb", user: "ann" },
  authority: "ssh-remote+hostb",
  mode: "open",
  items: [{ kind: "file", path: "/home/ann/api/src/a.ts", line: 12, column: 3 }],
};

function refused(change: Record<string, unknown>): DeliveryRefusalReason {
  return assertThrows(() => readDelivery({ ...GOOD, ...change }), DeliveryRefusal).reason;
}

const file = (path: unknown) => ({ items: [{ kind: "file", path }] });

Deno.test("a delivery is read with its items in their order, and without unknown fields", () => {
  const items = [...GOOD.items, { kind: "folder", path: "/home/ann/web" }];
  const read = readDelivery({ ...GOOD, items, command: "rm", wait: true, env: { A: "b" } });
  assertEquals<unknown>(read, { ...GOOD, items, wait: true });
});

Deno.test("a delivery of a later version is refused", () => {
  assertEquals(refused({ version: 2 }), "version");
  assertEquals(refused({ version: undefined }), "version");
});

Deno.test("a path that is not absolute, leads through .. or is too long is refused", () => {
  const paths = [
    "src/a.ts",
    "",
    "//server/share/a.ts",
    "/home/ann/../bob/a.ts",
    "/home/ann/..",
    "/home/./ann",
    "/a\0b",
    "/\ud800",
    `/${"a".repeat(4096)}`,
    "command:workbench.action.terminal.new",
    "vscode://file/etc/passwd",
    "file:///etc/passwd",
    "C:\\Windows",
    7,
    null,
    ["/a"],
  ];
  for (const path of paths) assertEquals(refused(file(path)), "path", String(path));
});

Deno.test("names that only look like .. or like a URI are paths", () => {
  for (const path of ["/a/..b", "/a/b..", "/a/...", "/command:x", "/a/vscode://b", "/a\nb"]) {
    assertEquals(readDelivery({ ...GOOD, ...file(path) }).items[0]!.path, path);
  }
});

Deno.test("more than 1,000 items are refused", () => {
  const item = { kind: "file", path: "/a" };
  assertEquals(readDelivery({ ...GOOD, items: Array(1000).fill(item) }).items.length, 1000);
  assertEquals(refused({ items: Array(1001).fill(item) }), "too-many");
  assertEquals(refused({ items: Array(100_000).fill(item) }), "too-many");
});

Deno.test("an authority that could lead out of a URI's authority is refused", () => {
  const authorities = [
    "",
    "hostb",
    "ssh-remote+a/b",
    "ssh-remote+a?b",
    "ssh-remote+a#b",
    7,
    "ssh-remote+",
    "ssh-remote+a b",
    `ssh-remote+${"a".repeat(2000)}`,
    "ssh-remote+a\nb",
  ];
  for (const authority of authorities) assertEquals(refused({ authority }), "malformed");
});

Deno.test("contradictory fields of a delivery are refused", () => {
  const folder = { kind: "folder", path: "/a" };
  const changes = [
    { mode: "remove" },
    { mode: "diff" },
    { mode: "merge" },
    { mode: "add" },
    { mode: "add", items: [] },
    { mode: "diff", items: [folder, folder] },
    { items: [{ ...folder, line: 1 }] },
    { items: [{ kind: "file", path: "/a", column: 1 }] },
    { items: [{ kind: "file", path: "/a", line: 0 }] },
    { items: [{ kind: "file", path: "/a", line: 1e12 }] },
    { items: [{ kind: "file", path: "/a", line: 1.5 }] },
    { items: [{ kind: "link", path: "/a" }] },
    { items: { length: 1 } },
    { newWindow: true, reuseWindow: true },
    { newWindow: "yes" },
    { wait: true, items: [folder] },
    { from: "hostb" },
    { from: { host: "" } },
    { from: { host: "h".repeat(1000) } },
  ];
  for (const change of changes) assertEquals(refused(change), "malformed", JSON.stringify(change));
});

Deno.test("a refusal quotes foreign text shortened and without control characters", () => {
  const { message } = assertThrows(
    () => readDelivery({ ...GOOD, mode: `\x1b[31m${"x".repeat(100_000)}` }),
    DeliveryRefusal,
  );
  assert(message.length < 200 && !message.includes("\x1b"));
});
