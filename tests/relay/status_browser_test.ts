import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { connect, installed, startRelay } from "./support.ts";

Deno.test({
  name: "a browser shows the status page with its style and without errors",
  ignore: !installed("chromium"),
  fn: async () => {
    await using sandbox = await makeSandbox();
    const relay = await startRelay(sandbox, [
      ...["--to", sandbox.path("no.sock"), "--status", "127.0.0.1:0"],
    ]);
    const refused = await connect(relay);
    await refused.read(new Uint8Array(1)).catch(() => {});
    const { hostname, port } = refused.localAddr;
    refused.close();
    const browse = async (...args: string[]) => {
      const { stdout, stderr } = await new Deno.Command("chromium", {
        args: [
          ...["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"],
          ...[`--user-data-dir=${sandbox.path("browser")}`, "--window-size=1200,900", ...args],
          `http://${relay.status}/`,
        ],
        env: { HOME: sandbox.directory },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).output();
      const decoder = new TextDecoder();
      const complaints = decoder.decode(stderr).split("\n").filter((line) => /CONSOLE/.test(line));
      return { text: decoder.decode(stdout), complaints };
    };
    const { text, complaints } = await browse("--dump-dom");
    assertEquals(complaints, []);
    assertStringIncludes(text, `<td class="mono">${hostname}:${port}</td>`);
    assertStringIncludes(text, "no target accepts connections");
    const png = sandbox.path("page.png");
    await browse(`--screenshot=${png}`);
    // A page without its style sheet is white and compresses to a much smaller file.
    assert((await Deno.stat(png)).size > 20_000);
  },
});
