/** TLS sessions that openssl resumes. A resumed session verifies no certificate again. */
import { assertEquals } from "@std/assert";
import { exists, makeSandbox } from "../support/mod.ts";
import { clientProgram as program } from "./client_program.ts";
import { isAnswered } from "./openssl_client.ts";
import {
  installed,
  makeAuthority,
  makeCertificate,
  type Pair,
  startEchoRelay,
  writePair,
} from "./support.ts";

const ignore = program === undefined || !installed("openssl");
const VERSIONS = ["-tls1_2", "-tls1_3"];

for (const version of VERSIONS) {
  Deno.test(`a refused client gets no session to resume (${version})`, {
    ignore,
  }, async () => {
    await using sandbox = await makeSandbox();
    const ca = await makeAuthority("clients");
    const { cert: caPath } = await writePair(sandbox, ca, "ca");
    const ann = await makeCertificate({ name: "ann", ca });
    const foreign = await makeCertificate({ name: "ann", ca: await makeAuthority("clients") });
    const relay = await startEchoRelay(sandbox, ["--client-ca", caPath], { program });
    const [hers, theirs] = [sandbox.path("hers"), sandbox.path("theirs")];
    const ask = (pair: Pair, option: string, session: string) =>
      isAnswered(sandbox, relay, pair, version, option, session);
    assertEquals(await ask(ann, "-sess_out", hers), true);
    assertEquals(await ask(ann, "-sess_in", hers), true);
    assertEquals(await ask(foreign, "-sess_out", theirs), false);
    assertEquals(exists(theirs) && await ask(foreign, "-sess_in", theirs), false);
  });

  Deno.test(`a session from before a change of the client CA is not resumed (${version})`, {
    ignore,
  }, async () => {
    await using sandbox = await makeSandbox();
    const [first, second] = [await makeAuthority("first"), await makeAuthority("second")];
    const { cert: caPath } = await writePair(sandbox, first, "ca");
    const ann = await makeCertificate({ name: "ann", ca: first });
    const ben = await makeCertificate({ name: "ben", ca: second });
    const relay = await startEchoRelay(sandbox, ["--client-ca", caPath], { program });
    const ask = (pair: Pair, option: string, session: string) =>
      isAnswered(sandbox, relay, pair, version, option, sandbox.path(session));
    assertEquals(await ask(ann, "-sess_out", "hers"), true);
    await writePair(sandbox, second, "ca");
    relay.signal("SIGHUP");
    await relay.says(/client CA loaded from/);
    assertEquals(await ask(ann, "-sess_in", "hers"), false);
    await relay.says(/the client "ann" resumed a session that is not valid/);
    assertEquals(await ask(ben, "-sess_out", "his"), true);
    assertEquals(await ask(ben, "-sess_in", "his"), true);
  });
}
