import { assertEquals, assertStringIncludes } from "@std/assert";
import { compiled, limited, makeSandbox, run } from "../support/mod.ts";
import { startGuarded, TOKEN } from "./http_support.ts";

Deno.test("a token that is guessable or not valid in a header is refused at start", async () => {
  await using sandbox = await makeSandbox();
  const file = sandbox.path("token");
  for (
    const token of ["", TOKEN.slice(0, 15), `${TOKEN} ${TOKEN}`, `${TOKEN}\n${TOKEN}`, `${TOKEN}é`]
  ) {
    await Deno.writeTextFile(file, token, { mode: 0o600 });
    const { code, stderr } = await run(limited(compiled), sandbox, {
      args: [
        ...["relay", "--listen", "127.0.0.1:0", "--self-signed", "--to", sandbox.path("x.sock")],
        ...["--token-file", file],
      ],
    });
    assertEquals(code, 1, token);
    assertStringIncludes(stderr, "a token needs at least 16 printable characters and no spaces");
  }
});

Deno.test("a token file that others can read gets a warning, and a private one does not", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox, [], TOKEN.slice(0, 16));
  await Deno.chmod(sandbox.path("token"), 0o640);
  await using other = await makeSandbox();
  const { relay: open } = await startGuarded(other, ["--token-file", sandbox.path("token")]);
  await open.says(/token can be read by others: chmod 600/);
  assertEquals(relay.stderr(), "");
});
