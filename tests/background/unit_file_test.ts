/** The unit files of `sessionctl service`, checked by systemd itself and against its rules. */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { systemd } from "../../src/background/service/systemd.ts";
import { launchd } from "../../src/background/service/launchd.ts";
import { packagedRegistryUnits } from "../../src/background/service/systemd_units.ts";
import {
  type ManagedService,
  MARK,
  type ServiceManager,
} from "../../src/background/service/types.ts";
import { SessionctlError } from "../../src/errors.ts";
import { compiled, makeSandbox, type Program, run, type Sandbox, seeded } from "../support/mod.ts";

Deno.test("the unit passes systemd's own check for any path", {
  ignore: !await canVerify(),
}, async () => {
  await using sandbox = await makeSandbox();
  for (const name of ["a $place 100%s;", '"quoted" \\n']) await verifyAt(sandbox, name);
});

async function verifyAt(sandbox: Sandbox, name: string): Promise<void> {
  const directory = sandbox.path(name);
  await Deno.mkdir(directory);
  const command = `${directory}/sessionctl`;
  await Deno.link(compiled.command, command).catch(() => Deno.copyFile(compiled.command, command));
  const program: Program = { name: "compiled", command, args: [] };
  const socket = sandbox.path("run", name, "registry.sock");
  const serve = ["--", "serve", "--state", "a; b$c%d", "--socket", socket];
  const args = ["service", "install", "--print", "--json", ...serve];
  const printed = await run(program, sandbox, { args });
  assertEquals(printed.code, 0, printed.stderr);
  const { text, socket: socketUnit } = JSON.parse(printed.stdout);
  await verify(sandbox, {
    "sessionctl.service": text,
    "sessionctl.socket": socketUnit.text,
  });
  assertStringIncludes(socketUnit.text, `ListenStream=${socket.replaceAll("%", "%%")}\n`);
}

async function verify(sandbox: Sandbox, units: Record<string, string>): Promise<void> {
  const paths = Object.keys(units).map((name) => sandbox.path(name));
  for (const [name, text] of Object.entries(units)) {
    await Deno.writeTextFile(sandbox.path(name), text);
  }
  const { code, stderr } = await new Deno.Command("systemd-analyze", {
    args: ["verify", "--user", "--man=no", ...paths],
    env: sandbox.env,
    clearEnv: true,
  }).output();
  const said = new TextDecoder().decode(stderr).split("\n")
    .filter((line) => line.includes("sessionctl"));
  assertEquals([code, said], [0, []]);
}

Deno.test("the units of a package enable only the socket, and sessionctl does not remove them", () => {
  const [service, socket] = packagedRegistryUnits("/usr/bin/sessionctl");
  assertMatch(service!.text, /\[Install\]\nAlso=sessionctl\.socket\n$/);
  assertStringIncludes(socket!.text, "ListenStream=%t/sessionctl/registry.sock\n");
  for (const { text } of [service!, socket!]) assert(!text.includes(MARK));
});

async function canVerify(): Promise<boolean> {
  try {
    return (await new Deno.Command("systemd-analyze", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

function textOf(manager: ServiceManager, service: ManagedService): string {
  return manager.render(service)[0]!.text;
}

/** Reads `ExecStart=` by the rules of systemd.syntax(7) and systemd.service(5). */
function readExecStart(text: string): string[] {
  const line = /^ExecStart=(.*)$/m.exec(text)![1]!;
  const words: string[] = [];
  for (let at = 0; at < line.length; at++) {
    let word = "";
    const quoted = line[at] === '"';
    if (quoted) at++;
    for (; at < line.length && line[at] !== (quoted ? '"' : " "); at++) {
      if (line[at] === "\\") word += line[++at];
      else if (line[at] === "%") word += line[++at] === "%" ? "%" : "!specifier!";
      else if (line[at] === "$" && words.length > 0) {
        word += line[++at] === "$" ? "$" : "!variable!";
      } else word += line[at];
    }
    if (quoted) at++;
    words.push(word);
  }
  return words;
}

Deno.test("a folder that would swallow the next line of its unit is refused", () => {
  const render = (workingDirectory: string) =>
    textOf(systemd, {
      name: "x",
      description: "x",
      command: ["/bin/true"],
      env: {},
      workingDirectory,
      needs: "everything",
      stopSeconds: 20,
    });
  assertStringIncludes(render("/a\\b"), "WorkingDirectory=/a\\b\n");
  for (const folder of ["/a\\", "/a\nExecStartPre=/bin/false"]) {
    assertEquals(assertThrows(() => render(folder), SessionctlError).code, "NOT_SUPPORTED");
  }
});

Deno.test("any command line survives the unit file (seeded)", () => {
  const random = seeded(5);
  const alphabet = "ab /%$\"'\\;#{}=-~é€ \t".replace("\t", "");
  for (let round = 0; round < 500; round++) {
    const word = () =>
      Array.from(
        { length: Math.floor(random() * 12) },
        () => alphabet[Math.floor(random() * alphabet.length)],
      ).join("");
    const command = [`/${word()}`, ...Array.from({ length: 4 }, word)];
    const text = textOf(systemd, {
      name: "x",
      description: "x",
      command,
      env: {},
      needs: "everything",
      stopSeconds: 20,
    });
    const read = readExecStart(text);
    const viaShell = read[0] === "/bin/sh";
    assertEquals(viaShell, /["'\\]/.test(command[0]!));
    assertEquals(viaShell ? read.slice(3) : read, command);
  }
});

Deno.test("characters that a property list cannot contain are refused", () => {
  const render = (word: string) =>
    textOf(launchd, {
      name: "x",
      description: "x",
      command: ["/bin/true", word],
      env: {},
      needs: "everything",
      stopSeconds: 20,
    });
  assertStringIncludes(render("a\tb"), "<string>a\tb</string>");
  assertEquals(assertThrows(() => render("a\x1bb"), SessionctlError).code, "NOT_SUPPORTED");
});
