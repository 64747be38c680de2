import { assertEquals, assertRejects } from "@std/assert";
import {
  acceptChannels,
  ChannelPeer,
  connectChannels,
  defineService,
  Emitter,
  type Event,
} from "../../src/ipc/mod.ts";
import { toByteStream } from "../../src/ipc/streams/byte_stream.ts";
import { makeSandbox, until } from "../support/mod.ts";

// The interface is declared once; the channel and the client are derived from it.
interface Editor {
  open(file: string, line?: number): Promise<string>;
  whoAmI(): Promise<string>;
  wait(signal?: AbortSignal): Promise<void>;
  onDidSave: Event<{ file: string }>;
  onDidChangeIn(folder?: string): Event<string>;
}
const editor = defineService<Editor>("editor", { eventsWithArgument: ["onDidChangeIn"] });

Deno.test("both ends of a service are derived from one interface", async () => {
  await using sandbox = await makeSandbox();
  const saved = new Emitter<{ file: string }>();
  const changed = new Emitter<string>();
  let waiting = 0;
  const path = sandbox.path("editor.sock");
  const listener = Deno.listen({ transport: "unix", path });
  const accept = async () => {
    const connection = acceptChannels(toByteStream(await listener.accept()), {
      onPeer(connection, context) {
        const peer = new ChannelPeer(connection, context);
        editor.serve(peer, (caller) => ({
          open: (file, line) => Promise.resolve(`${file}:${line ?? 1}`),
          whoAmI: () => Promise.resolve(caller.context),
          wait() {
            waiting++;
            return new Promise((_, reject) => {
              caller.signal.addEventListener("abort", () => {
                waiting--;
                reject(new Error("stopped"));
              });
            });
          },
          onDidSave: saved.event,
          onDidChangeIn: (folder = "/") => (listener) =>
            changed.event((file) => {
              if (file.startsWith(folder)) listener(file);
            }),
        }));
        return peer;
      },
    });
    listener.close();
    sandbox.defer(() => connection.close());
  };
  const accepted = accept();
  const peer = await connectChannels(path, "Ann");
  sandbox.defer(() => peer.dispose());
  await accepted;

  const client = editor.client(peer);
  assertEquals(await client.open("a.ts", 7), "a.ts:7");
  assertEquals(await client.open("a.ts"), "a.ts:1");
  assertEquals(await client.whoAmI(), "Ann");

  const heard: unknown[] = [];
  client.onDidSave((event) => heard.push(event));
  client.onDidChangeIn("/a")((file) => heard.push(file));
  await until("both listen", () => saved.size === 1 && changed.size === 1);
  changed.fire("/b/x");
  changed.fire("/a/x");
  saved.fire({ file: "y" });
  await client.whoAmI();
  assertEquals(heard, ["/a/x", { file: "y" }]);

  const controller = new AbortController();
  const wait = client.wait(controller.signal);
  await until("it waits", () => waiting === 1);
  controller.abort();
  await assertRejects(() => wait, Error, "wait was cancelled");
  await until("it has stopped", () => waiting === 0);
  const late = client.wait(AbortSignal.timeout(20));
  assertEquals(await late.catch((error) => error.code), "TIMED_OUT");
});
