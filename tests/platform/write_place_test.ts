import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SessionctlError } from "../../src/errors.ts";
import { checkWritePlace } from "../../src/platform/mod.ts";
import {
  compiled,
  limited,
  makeSandbox,
  run,
  type Sandbox,
  sharedFolder,
  STRANGER,
  withStranger,
} from "../support/mod.ts";
import { canRun } from "../supervisor/support.ts";

/**
 * The home of a stranger whose every place for files is a link to a folder of root's.
 *
 * @returns the home, and root's folder.
 */
async function makeTrap(sandbox: Sandbox): Promise<{ home: string; target: string }> {
  const shared = await sharedFolder(sandbox);
  const [home, target] = [`${shared}/home`, sandbox.path("etc")];
  await Deno.mkdir(home);
  await Deno.mkdir(target, { mode: 0o700 });
  await Deno.symlink(target, `${home}/.config`);
  await Deno.symlink(target, `${home}/.local`);
  await Deno.symlink(`${target}/bashrc`, `${home}/.bashrc`);
  for (const name of ["", ".config", ".local", ".bashrc"]) {
    await new Deno.Command("chown", { args: ["-h", String(STRANGER), `${home}/${name}`] }).output();
  }
  return { home, target };
}

for (
  const [name, ...args] of [
    ["config --init", "config", "--init"],
    ["init --install", "init", "bash", "--install"],
    ["init --link", "init", "bash", "--install", "--link", "HOME/.local/bin"],
    ["service install", "service", "install", "--manager", "systemd"],
    ["serve with its state", "serve", "--socket", "RUN/r.sock"],
    ["serve --pid-file", "serve", "--no-state", "--socket", "RUN/r.sock", "--pid-file", "HOME/pid"],
    ["serve --detach with its log", "serve", "--no-state", "--detach", "--socket", "RUN/r.sock"],
    ["serve by a socket", "serve", "--no-state", "--socket", "HOME/.local/r.sock"],
    ["run --log-file", "run", "--log-file", "HOME/.config/log", "--", "true"],
  ] as const
) {
  Deno.test({
    ...withStranger,
    name: `root with another user's home follows none of that user's links: ${name}`,
    async fn() {
      await using sandbox = await makeSandbox();
      const { home, target } = await makeTrap(sandbox);
      const places = args.map((arg) =>
        arg.replace("HOME", home).replace("RUN", sandbox.path("run"))
      );
      const env = { HOME: home };
      const { code, stderr } = await run(limited(compiled), sandbox, { args: places, env });
      // Only a run goes on, without its log.
      assertEquals(code, name.startsWith("run ") ? 0 : 1, stderr);
      assertStringIncludes(stderr, `belongs to another user (uid ${STRANGER})`);
      assertEquals([...Deno.readDirSync(target)].map((entry) => entry.name), []);
    },
  });
}

Deno.test({
  ...withStranger,
  name: "root writes into its own folders, through its own links and into sticky folders",
  async fn() {
    await using sandbox = await makeSandbox();
    const shared = await sharedFolder(sandbox);
    await Deno.mkdir(`${shared}/ours`);
    await Deno.symlink("ours", `${shared}/link`);
    for (const path of [`${shared}/new`, `${shared}/new/deeper/file`, `${shared}/link/file`]) {
      checkWritePlace(path);
    }
    await Deno.chmod(`${shared}/ours`, 0o775);
    checkWritePlace(`${shared}/link/file`);
    await Deno.chmod(`${shared}/ours`, 0o777);
    const open = assertThrows(() => checkWritePlace(`${shared}/link/file`), SessionctlError);
    assertStringIncludes(open.message, `lies behind ${shared}/ours, which other users may change`);
    await Deno.chmod(`${shared}/ours`, 0o755);
    await Deno.writeTextFile(`${shared}/theirs`, "");
    await Deno.chown(`${shared}/theirs`, STRANGER, STRANGER);
    const theirs = assertThrows(() => checkWritePlace(`${shared}/theirs`), SessionctlError);
    assertEquals(theirs.code, "ACCESS_DENIED");
  },
});

/** Starts a program as root of a user namespace in which no other user has a number. */
const AS_NAMESPACE_ROOT = [
  ...["setpriv", `--reuid=${STRANGER}`, `--regid=${STRANGER}`, "--clear-groups"],
  ...["unshare", "--map-root-user", compiled.command],
];
const [command, ...args] = AS_NAMESPACE_ROOT as [string, ...string[]];

Deno.test({
  name: "in a user namespace the system's folders are not taken for another user's",
  // Where the program lies in a folder of root's alone, no other user can start it.
  ignore: withStranger.ignore || !await canRun(command, ...args, "--version"),
  async fn() {
    await using sandbox = await makeSandbox();
    await new Deno.Command("chown", { args: ["-R", String(STRANGER), sandbox.directory] }).output();
    const program = { name: "compiled", command, args } as const;
    const { code, stderr } = await run(program, sandbox, { args: ["config", "--init"] });
    assertEquals(code, 0, stderr);
  },
});
