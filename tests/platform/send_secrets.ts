/**
 * Sends a secret to every owner of PATH that `connectOwned` trusts, until it is killed. A process of
 * its own, because the kernel is asked about a predicted descriptor, which the threads of other
 * tests could take.
 *
 *     deno run -A send_secrets.ts PATH way|kernel
 */
import { connectOwned, writeAll } from "../../src/platform/mod.ts";
import { nextDescriptor, peerUid } from "../../src/platform/ffi/libc.ts";

const [path, by] = Deno.args as [string, string];
const kernel = by === "kernel" ? { kernel: { next: nextDescriptor, peerUid } } : {};
const secret = new TextEncoder().encode("secret");
console.log("ready");
for (;;) {
  try {
    const { conn } = await connectOwned(path, kernel);
    await writeAll(conn, secret).catch(() => {});
    conn.close();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}
