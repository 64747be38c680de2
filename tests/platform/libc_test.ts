import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { AcceptedDescriptors } from "../../src/platform/ffi/accepted_descriptors.ts";
import { fileLimit } from "../../src/platform/ffi/libc.ts";
import { bindUnixSocket } from "../../src/platform/mod.ts";
import { makeSandbox } from "../support/mod.ts";

// Libraries stay loaded; loading it here keeps the leak check of every test quiet.
fileLimit();

Deno.test("a descriptor that was handed over and is not closed yet is not taken for a new one", async () => {
  await using sandbox = await makeSandbox();
  const socket = bindUnixSocket(sandbox.path("run", "a.sock"));
  sandbox.defer(() => socket.close());
  const descriptors = new AcceptedDescriptors(socket.boundPath);
  const accept = async () => {
    const client = await Deno.connect({ transport: "unix", path: socket.path });
    const conn = await socket.listener.accept();
    return { client, conn, descriptor: descriptors.claim() };
  };
  const first = await accept();
  assert(first.descriptor !== undefined);
  descriptors.release(first.descriptor);
  const second = await accept();
  assertNotEquals(second.descriptor, first.descriptor);
  // Ending the second connection does not affect the first.
  descriptors.shutdown(second.descriptor!);
  assertEquals(await second.client.read(new Uint8Array(1)), null);
  await first.conn.write(new Uint8Array([1]));
  assertEquals(await first.client.read(new Uint8Array(1)), 1);

  // Once they are closed, their numbers are free for the next.
  descriptors.release(second.descriptor!);
  for (const { client, conn } of [first, second]) {
    client.close();
    conn.close();
  }
  const third = await accept();
  assert(third.descriptor !== undefined);
  descriptors.shutdown(third.descriptor);
  assertEquals(await third.client.read(new Uint8Array(1)), null);
  third.client.close();
  third.conn.close();
});

Deno.test("a connection is found among a thousand other descriptors", async () => {
  await using sandbox = await makeSandbox();
  const socket = bindUnixSocket(sandbox.path("run", "a.sock"));
  sandbox.defer(() => socket.close());
  const descriptors = new AcceptedDescriptors(socket.boundPath);
  const others = Array.from({ length: 1000 }, () => Deno.openSync("/dev/null"));
  const client = await Deno.connect({ transport: "unix", path: socket.path });
  const conn = await socket.listener.accept();
  const descriptor = descriptors.claim();
  assert(descriptor !== undefined);
  descriptors.shutdown(descriptor);
  assertEquals(await client.read(new Uint8Array(1)), null);
  for (const open of [...others, client, conn]) open.close();
});
