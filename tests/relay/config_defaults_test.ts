import { assertEquals, assertStringIncludes } from "@std/assert";
import { configFilePath, system } from "../../src/platform/mod.ts";
import { compiled, makeSandbox, run, type Sandbox } from "../support/mod.ts";
import { connect, encode, readText, startEchoRelay, startRelay, writeAll } from "./support.ts";

function writeDefaults(sandbox: Sandbox, relay: Record<string, unknown>): string {
  const env = (name: string) => sandbox.env[name];
  const path = configFilePath({ ...system, uid: system.uid, env })!;
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(path, JSON.stringify({ relay }), { mode: 0o600 });
  return path;
}

Deno.test("options of a relay on the command line override conflicting ones of the config file", async () => {
  await using sandbox = await makeSandbox();
  writeDefaults(sandbox, { "self-signed": true, session: "/nowhere", workers: "2" });
  // The arguments include --cert, --key and --to.
  const far = await startEchoRelay(sandbox, ["--workers", "1"]);
  using conn = await connect(far);
  await writeAll(conn, encode("hello"));
  assertEquals(await readText(conn, 5), "hello");
  // `relay connect` is a different command, with its own section.
  const path = sandbox.path("run", "near.in");
  const to = ["--to", `127.0.0.1:${far.port}`, "--server-name", "localhost"];
  await startRelay(sandbox, ["connect", "--listen", path, ...to]);
});

Deno.test("conflicting relay options on the command line are a usage error", async () => {
  await using sandbox = await makeSandbox();
  const relay = (...args: string[]) =>
    run(compiled, sandbox, { args: ["relay", "--listen", "127.0.0.1:0", ...args] });
  const both = await relay("--self-signed", "--cert", "c.pem", "--key", "k.pem", "--to", "/x.sock");
  assertEquals(both.code, 2);
  assertStringIncludes(both.stderr, "--cert and --self-signed cannot be used together");
  const targets = await relay("--self-signed", "--to", "/x.sock", "--session", "/x");
  assertEquals(targets.code, 2);
  assertStringIncludes(targets.stderr, "--to and --session cannot be used together");
});

Deno.test("client names in the config file are an error without a client CA", async () => {
  await using sandbox = await makeSandbox();
  writeDefaults(sandbox, { "allow-cn": ["ann"], "self-signed": true, to: "/x.sock" });
  const open = await run(compiled, sandbox, { args: ["relay", "--listen", "127.0.0.1:0"] });
  assertEquals(open.code, 2);
  assertStringIncludes(open.stderr, "--allow-cn needs --client-ca");
});
