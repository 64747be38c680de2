/**
 * The ways in which another user of the machine may try to steal a message. `startStranger` starts
 * it as root, and it then becomes that user, who need not be able to read the runtime or this file.
 */
import { become } from "./become.ts";

const [uid, action, ...args] = Deno.args;

const moment = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** Prints one line for each connection: the received data as JSON. */
async function tell(conn: Deno.Conn): Promise<void> {
  let text = "";
  try {
    const buffer = new Uint8Array(65536);
    // An answer makes a client that waits for one send the rest.
    const answer = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    await conn.write(answer).catch(() => {});
    for (let count; (count = await conn.read(buffer)) !== null;) {
      text += new TextDecoder().decode(buffer.subarray(0, count));
    }
  } catch { /* The data received until then count. */ }
  try {
    conn.close();
  } catch { /* The read has closed it. */ }
  console.log(JSON.stringify(text));
}

async function acceptAll(listener: Deno.Listener): Promise<void> {
  for await (const conn of listener) tell(conn);
}

/** Listens at `path` permanently, or repeatedly for a moment, whenever the path is free. */
async function take(path: string, forGood: boolean): Promise<void> {
  for (;;) {
    try {
      const listener = Deno.listen({ transport: "unix", path });
      if (forGood) return await acceptAll(listener);
      const accepted = listener.accept().then((conn) => void tell(conn), () => {});
      await Promise.race([accepted, moment().then(moment)]);
      listener.close();
    } catch { /* The name is taken. */ }
    await moment();
  }
}

/** Binds and removes the socket at `path`, like an editor that ends and starts again. */
async function flap(path: string): Promise<void> {
  for (;;) {
    try {
      const listener = Deno.listen({ transport: "unix", path });
      await moment();
      listener.close();
    } catch { /* Another process has the name. */ }
    await moment();
  }
}

/** Points `link` to `first` and `second` in turn, and listens on `second/name`. */
async function swap(link: string, first: string, second: string, name: string): Promise<void> {
  acceptAll(Deno.listen({ transport: "unix", path: `${second}/${name}` }));
  for (;;) {
    for (const target of [first, second]) {
      Deno.symlinkSync(target, `${link}~`);
      Deno.renameSync(`${link}~`, link);
      await moment();
    }
  }
}

Deno.umask(0);
become(Number(uid));
console.log("ready");
if (action === "take") await take(args[0]!, true);
if (action === "take-briefly") await take(args[0]!, false);
if (action === "wait") await new Promise(() => setInterval(() => {}, 60_000));
if (action === "flap") await flap(args[0]!);
if (action === "swap") await swap(args[0]!, args[1]!, args[2]!, args[3]!);
