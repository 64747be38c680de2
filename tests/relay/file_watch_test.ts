import { assertEquals } from "@std/assert";
import { FileWatch } from "../../src/relay/credentials/file_watch.ts";
import { readCredentials } from "../../src/relay/credentials/certificate.ts";
import { makeSandbox } from "../support/mod.ts";
import { makeCertificate, writePair } from "./support.ts";

Deno.test("each change of the certificates is reported, including a change back, and a broken one once", async () => {
  await using sandbox = await makeSandbox();
  const [first, second] = [await makeCertificate(), await makeCertificate()];
  const files = await writePair(sandbox, first);
  const changes: string[] = [];
  const said: string[] = [];
  const watch = new FileWatch({
    watched: {
      what: "certificate",
      paths: [files.cert, files.key],
      read: () => readCredentials(files.cert, files.key),
    },
    current: await readCredentials(files.cert, files.key),
    onChange: ({ cert }) => void changes.push(cert),
    log: (line) => void said.push(line.slice(0, "cannot reload the certificate".length)),
  });
  for (const pair of [second, first]) {
    await writePair(sandbox, pair);
    await watch.reload(true);
  }
  assertEquals(changes, [second.cert, first.cert]);
  await watch.reload(true);
  await watch.reload(false);
  assertEquals([changes.length, said.length], [2, 3]);
  await Deno.writeTextFile(files.cert, "half a certifi");
  // The first look notices the change, the second reads it.
  assertEquals([1, 2, 3].map(() => watch.look()), [false, true, true]);
  // Waits for the read that the looks began.
  await watch.reload(false);
  assertEquals(said.slice(3), Array(2).fill("cannot reload the certificate"));
  watch.close();
  await watch.reload(true);
  assertEquals(said.length, 5);
});
