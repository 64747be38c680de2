import { assert, assertEquals, assertThrows } from "@std/assert";
import { chooseHost } from "../../src/fleet/choose.ts";
import { Directory } from "../../src/fleet/directory.ts";
import { type KeyValue, readAddress } from "../../src/fleet/engine/mod.ts";
import { readMessage } from "../../src/fleet/engine/watch.ts";
import { FleetKeys } from "../../src/fleet/keys.ts";
import { Machines } from "../../src/fleet/machines.ts";
import { readWindow } from "../../src/fleet/values.ts";
import { seeded } from "../support/mod.ts";
import { windowOn } from "./support/members.ts";

const keys = new FleetKeys("ann");

Deno.test("the address of an engine is https, a Unix socket, or http on this machine", () => {
  assertEquals(readAddress("https://a:2379, https://b:2379").map(({ base }) => base), [
    "https://a:2379",
    "https://b:2379",
  ]);
  assertEquals(readAddress("unix:/run/etcd.sock")[0]!.socket, "/run/etcd.sock");
  assertEquals(readAddress("http://127.0.0.1:2379")[0]!.base, "http://127.0.0.1:2379");
  for (const wrong of ["", "a:1", "http://etcd:1", "https://u:p@a:1", "https://a:1/x", "unix:x"]) {
    assertThrows(() => readAddress(wrong), Error);
  }
});

Deno.test("only keys of the fleet are parsed, and parsing inverts their construction", () => {
  const delivery = { kind: "re", host: "b", peer: "a.example", id: "x-1" } as const;
  assertEquals(keys.read(keys.delivery(delivery)), delivery);
  assertEquals(keys.read(keys.live("b")), { kind: "live", host: "b" });
  assertEquals(keys.read(keys.window("b", "1")), { kind: "window", host: "b", id: "1" });
  for (const wrong of ["", "host", "host/b", "host/../live", "from/b/to/a", "from/b/to/a/1/2"]) {
    assertEquals(keys.read(`${keys.prefix}${wrong}`), undefined);
  }
  assertThrows(() => new FleetKeys("a/b"));
});

Deno.test("a window whose host's clock is ahead does not count as used later than now", () => {
  const text = JSON.stringify(windowOn("b", "/x", { lastActive: 9e15 }));
  assertEquals(readWindow(text, 1000)!.lastActive, 1000);
  assertEquals(readWindow('{"folders":[{"host":"b","path":"relative"}]}', 0)!.folders, []);
});

function reset(directory: Directory, entries: KeyValue[]): void {
  const snapshot = directory.beginSnapshot();
  for (const entry of entries) snapshot.take(entry);
  snapshot.complete();
}

Deno.test("a path goes to the deepest folder, then to the window in focus, then to a desktop", () => {
  const directory = new Directory(keys, "me");
  const live = (desktop: boolean) => JSON.stringify({ boot: "1", desktop });
  const put = (key: string, value: unknown) => ({
    key,
    value: typeof value === "string" ? value : JSON.stringify(value),
  });
  reset(directory, [
    put(keys.live("a"), live(true)),
    put(keys.window("a", "1"), windowOn("me", "/p", { focused: true })),
    put(keys.live("c"), live(true)),
    put(keys.window("c", "1"), windowOn("me", "/p/api", { lastActive: 5 })),
    put(keys.live("d"), live(true)),
    put(keys.window("d", "1"), windowOn("me", "/p/api", { lastActive: 7 })),
    // Host e is not live, so its window does not count.
    put(keys.window("e", "1"), windowOn("me", "/p/api/src")),
    put(keys.live("me"), live(true)),
    put(keys.window("me", "1"), windowOn("me", "/p/api/src")),
  ]);
  assertEquals(chooseHost(directory, "me", ["/p/api/src/x.ts"])?.host, "d");
  assertEquals(chooseHost(directory, "me", ["/p/x.ts"])?.host, "a");
  assertEquals(chooseHost(directory, "me", ["/elsewhere"])?.host, "a");
  reset(directory, [put(keys.live("b"), live(false))]);
  assertEquals(chooseHost(directory, "me", ["/p"]), undefined);
});

Deno.test("a host is known by ssh-remote+HOST unless the configuration says otherwise", () => {
  const machines = new Machines(new Map([["b", "ssh-remote+b.example.com"]]));
  assertEquals(machines.authorityOf("c"), "ssh-remote+c");
  assertEquals(machines.hostOf("ssh-remote+ann@c"), "c");
  assertEquals(machines.hostOf("ssh-remote+b.example.com"), "b");
  // Another machine may have this name.
  assertEquals(machines.hostOf("ssh-remote+b"), undefined);
  assertEquals(machines.hostOf("wsl+debian"), undefined);
});

Deno.test("values of other hosts and of the engine are read, or refused with a code", () => {
  const error = assertThrows(() => readMessage('{"result":{"events":[{"kv":{"key":"%"}}]}}'));
  assertEquals((error as { code?: string }).code, "INVALID_MESSAGE");
  const random = seeded(2026);
  const directory = new Directory(keys, "me");
  const parts = ["host/", "from/", "b", "/", "window/", "live", "to/", "..", "\\u0000", "1"];
  const texts = ["{", "}", '"folders":[', '{"host":"b","path":"/x"}', "]", "null", "1e999", ","];
  const pick = (list: string[]) => () => list[Math.floor(random() * list.length)];
  const some = (list: string[]) =>
    Array.from({ length: Math.floor(random() * 8) }, pick(list)).join("");
  for (let round = 0; round < 5000; round++) {
    const key = keys.prefix + some(parts);
    directory.apply({ key, value: some(texts), revision: round });
    readWindow(some(texts), 0);
    try {
      readMessage(some(texts));
    } catch (error) {
      assert((error as { code?: string }).code !== undefined, String(error));
    }
  }
});
