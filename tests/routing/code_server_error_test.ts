/** Errors of code-server's own registry. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startHttpServer } from "../support/raw_http.ts";
import { makeFolders, open } from "./folders.ts";

for (
  const [status, body, told] of [
    [500, "Cannot read properties of undefined", "it answered with status 500"],
    [404, "Cannot GET /session", "it answered with status 404"],
    [200, "<html>", "it answered with invalid JSON"],
  ] as const
) {
  Deno.test(`a code-server registry that answers ${status} ${body} is reported as an error`, async () => {
    await using sandbox = await makeFolders();
    const { path } = startHttpServer(sandbox, {}, () => ({
      status,
      body: new TextEncoder().encode(body),
    }));
    const env = { CODE_SERVER_SESSION_SOCKET: path };
    const { code, stderr } = await open(sandbox, ["--verbose", "--dry-run", "one/f"], env);
    const lines = stderr.split("\n").filter((line) => line.includes(path));
    assertStringIncludes(lines.join("\n"), told, `${code}`);
    assertEquals(lines.some((line) => line.includes("has no window")), false);
  });
}
