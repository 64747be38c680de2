import { assertEquals } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { clientProgram as program } from "./client_program.ts";
import { encode, makeCertificate, readText, serveUnix, startRelay, writeAll } from "./support.ts";

Deno.test({
  name:
    "a --route with a wildcard takes each host with one further label, unless another route names it",
  ignore: program === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    for (const name of ["one", "any"]) {
      serveUnix(sandbox, sandbox.path(`${name}.sock`), async (conn) => {
        await writeAll(conn, encode(`it is ${name}`));
      });
    }
    const hosts = ["one.dev.test", "two.dev.test", "a.two.dev.test"];
    const sans = hosts.map((value) => ({ type: "dns" as const, value }));
    const pair = await makeCertificate({ sans });
    const relay = await startRelay(sandbox, [
      ...["--route", `*.dev.test=${sandbox.path("any.sock")}`],
      ...["--route", `one.dev.test=${sandbox.path("one.sock")}`],
    ], { program, pair });
    const ask = async (hostname: string) => {
      const tcp = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
      using conn = await Deno.startTls(tcp, { hostname, caCerts: [pair.cert] });
      return await readText(conn, 9).catch(() => "refused");
    };
    const answers = [];
    for (const host of hosts) answers.push(await ask(host));
    assertEquals(answers, ["it is one", "it is any", "refused"]);
  },
});
