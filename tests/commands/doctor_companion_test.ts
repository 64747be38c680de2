import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CheckResult, Finding } from "../../src/doctor/mod.ts";
import { compiled, makeSandbox, run, type Sandbox, startEditor } from "../support/mod.ts";
import { startCompanionWindow } from "../support/companion_window.ts";
import { register, startServer } from "../registry/serve_support.ts";

const INSTALL = "sessionctl companion install --all";

async function findings(sandbox: Sandbox): Promise<readonly Finding[]> {
  const { stdout } = await run(compiled, sandbox, { args: ["doctor", "--json"] });
  const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
  return checks.find(({ name }) => name === "companion")!.findings;
}

Deno.test("doctor names the windows without the companion, or with another version", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  assertEquals(await findings(sandbox), []);
  await register(socket, (await startEditor(sandbox)).socketPath, "/home/ann/plain");
  const [none, ...rest] = await findings(sandbox);
  assertEquals([none!.severity, none!.fix, rest], ["note", INSTALL, []]);
  assertStringIncludes(none!.text, "no window has the companion");

  const current = await startCompanionWindow(sandbox, socket, { folders: ["/home/ann/api"] });
  await current.openTerminal();
  const old = { folders: ["/home/ann/old"], entry: { companion: "0.0.9" } };
  await startCompanionWindow(sandbox, socket, old);
  const future = { folders: ["/home/ann/new"], entry: { companion: "99.0.0" } };
  await startCompanionWindow(sandbox, socket, future);
  const [known, ...others] = await findings(sandbox);
  assertEquals(known!.severity, "ok");
  assertStringIncludes(known!.text, "1 of 4 windows have the companion 0.1.0");
  assertStringIncludes(known!.details!.join(), "the shell hook");
  const told = (folder: string) => others.find(({ text }) => text.includes(folder))!;
  assertStringIncludes(told("/home/ann/plain").text, "no companion in");
  assertStringIncludes(told("/home/ann/old").text, "older companion 0.0.9");
  assertEquals(told("/home/ann/old").fix, INSTALL);
  assertStringIncludes(told("/home/ann/new").text, "update sessionctl");
  assertEquals(others.length, 3);
});
