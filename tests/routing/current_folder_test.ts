/** The role of the current folder for files in no window's folder, and for git's own files. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  compiled,
  type FakeEditor,
  run,
  type Sandbox,
  startEditor,
  startRegistry,
  startWindowProcess,
} from "../support/mod.ts";
import { makeFolders } from "./folders.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

/** Starts a window for each folder, registered in the given order: the last is the most recent. */
async function windows(sandbox: Sandbox, folders: readonly string[]): Promise<FakeEditor[]> {
  const editors: FakeEditor[] = [];
  for (const _ of folders) editors.push(await startEditor(sandbox));
  const sessions = editors.map(({ socketPath }, at) => ({ socketPath, folder: folders[at]! }));
  startRegistry(sandbox, sessions.reverse());
  return editors;
}

/** Opens a file from a folder. @returns the number of messages that each editor received. */
async function openFrom(
  sandbox: Sandbox,
  cwd: string,
  file: string,
  editors: readonly FakeEditor[],
  env: Record<string, string> = {},
): Promise<number[]> {
  const result = await run(shared, sandbox, { args: ["open", file], cwd, env });
  assertEquals(result.code, 0, result.stderr);
  return editors.map(({ messages }) => messages.length);
}

Deno.test("a file in no window's folder goes to the window that holds the current folder", async () => {
  await using sandbox = await makeFolders();
  const editors = await windows(sandbox, [sandbox.path("one"), sandbox.path("two")]);
  const here = sandbox.path("one/deep");
  assertEquals(await openFrom(sandbox, here, sandbox.path("tmp/edit-1.yaml"), editors), [1, 0]);
});

Deno.test("a window that holds the path takes precedence over the current folder's", async () => {
  await using sandbox = await makeFolders();
  const editors = await windows(sandbox, [sandbox.path("one"), sandbox.path("two")]);
  const file = sandbox.path("two/f");
  assertEquals(await openFrom(sandbox, sandbox.path("one"), file, editors), [0, 1]);
});

Deno.test("doctor, env and find name the window that open uses", async () => {
  await using sandbox = await makeFolders();
  const [one] = await windows(sandbox, [sandbox.path("one"), sandbox.path("two")]);
  const expected = [
    [["env", "--shell", "bash"], `=${one!.socketPath}\n`],
    [["find"], `${one!.socketPath}\n`],
    [["find", "--all"], `${one!.socketPath}\n`],
    [["find", "--json"], `"socketPath":"${one!.socketPath}"`],
    [["doctor"], `would go to ${one!.socketPath}`],
  ] as const;
  for (const [command, text] of expected) {
    const args = [...command, sandbox.path("tmp/edit-1.yaml")];
    const { stdout } = await run(shared, sandbox, { args, cwd: sandbox.path("one") });
    assertStringIncludes(stdout, text);
  }
});

Deno.test("doctor and env name the window that open uses for one of git's own files", async () => {
  await using sandbox = await makeFolders();
  await Deno.mkdir(sandbox.path("two/.git"));
  const [one] = await windows(sandbox, [sandbox.path("one"), sandbox.path("two")]);
  const expected = [
    [["open", "--dry-run"], `${one!.socketPath}\n`],
    [["env", "--shell", "bash"], `=${one!.socketPath}\n`],
    [["doctor"], `would go to ${one!.socketPath}`],
  ] as const;
  for (const [command, text] of expected) {
    const args = [...command, sandbox.path("two/.git/COMMIT_EDITMSG")];
    const { stdout } = await run(shared, sandbox, { args, cwd: sandbox.path("one") });
    assertStringIncludes(stdout, text);
  }
});

Deno.test("in tmux, the current folder's registered window takes precedence over the hook variable", async () => {
  await using sandbox = await makeFolders();
  const hook = await startEditor(sandbox);
  const [one] = await windows(sandbox, [sandbox.path("one"), sandbox.path("two")]);
  const env = { TMUX: "x", VSCODE_IPC_HOOK_CLI: hook.socketPath };
  const file = sandbox.path("tmp/edit-1.yaml");
  assertEquals(await openFrom(sandbox, sandbox.path("one"), file, [hook, one!], env), [0, 1]);
});

Deno.test(
  "an unregistered window that works in the current folder takes precedence over a recent one",
  {
    ignore: Deno.build.os !== "linux",
  },
  async () => {
    await using sandbox = await makeFolders();
    const here = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-1.sock") });
    await startWindowProcess(sandbox, sandbox.path("one"), {
      VSCODE_IPC_HOOK_CLI: here.socketPath,
    });
    const [recent] = await windows(sandbox, [sandbox.path("two")]);
    const file = sandbox.path("tmp/edit-1.yaml");
    assertEquals(await openFrom(sandbox, sandbox.path("one"), file, [here, recent!]), [1, 0]);
  },
);

for (const file of ["two/f", "two/.git/COMMIT_EDITMSG"]) {
  Deno.test(
    `in tmux, an unregistered window that holds ${file} takes precedence over the hook variable`,
    {
      ignore: Deno.build.os !== "linux",
    },
    async () => {
      await using sandbox = await makeFolders();
      await Deno.mkdir(sandbox.path("two/.git"));
      const hook = await startEditor(sandbox, {
        socketPath: sandbox.path("run/vscode-ipc-1.sock"),
      });
      const here = await startEditor(sandbox, {
        socketPath: sandbox.path("run/vscode-ipc-2.sock"),
      });
      await startWindowProcess(sandbox, sandbox.path("two"), {
        VSCODE_IPC_HOOK_CLI: here.socketPath,
      });
      const env = { TMUX: "x", VSCODE_IPC_HOOK_CLI: hook.socketPath };
      const editors = [hook, here];
      assertEquals(await openFrom(sandbox, sandbox.path("two"), file, editors, env), [0, 1]);
    },
  );
}

Deno.test("code-server's latest window does not get a file outside its folders", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeFolders();
  const start = (name: string) => startEditor(sandbox, { socketPath: sandbox.path("run", name) });
  const editors = [await start("vscode-ipc-1.sock"), await start("vscode-ipc-2.sock")] as const;
  const [one, latest] = editors;
  startRegistry(
    sandbox,
    [
      { socketPath: latest.socketPath, folder: sandbox.path("two") },
      { socketPath: one.socketPath, folder: sandbox.path("one") },
    ],
    sandbox.path("home/.local/share/code-server/code-server-ipc.sock"),
  );
  const env = { VSCODE_IPC_HOOK_CLI: latest.socketPath };
  await startWindowProcess(sandbox, sandbox.path("two"), env);
  const here = sandbox.path("one");
  assertEquals(await openFrom(sandbox, here, sandbox.path("tmp/edit"), editors), [1, 0]);
  assertEquals(await openFrom(sandbox, here, sandbox.path("two/f"), editors), [1, 1]);
});

Deno.test("code-server's window that holds a file gets it, although its terminals work elsewhere", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeFolders();
  const start = (name: string) => startEditor(sandbox, { socketPath: sandbox.path("run", name) });
  const editors = [await start("vscode-ipc-1.sock"), await start("vscode-ipc-2.sock")] as const;
  const [holder, latest] = editors;
  startRegistry(
    sandbox,
    [
      { socketPath: latest.socketPath, folder: sandbox.path("two") },
      { socketPath: holder.socketPath, folder: sandbox.path("one") },
    ],
    sandbox.path("home/.local/share/code-server/code-server-ipc.sock"),
  );
  const env = { VSCODE_IPC_HOOK_CLI: holder.socketPath };
  await startWindowProcess(sandbox, sandbox.path("tmp"), env);
  const here = sandbox.path("two");
  assertEquals(await openFrom(sandbox, here, sandbox.path("one/f"), editors), [1, 0]);
});

Deno.test("git's own file opens in the current folder's window, even if another window has the .git folder open", async () => {
  await using sandbox = await makeFolders();
  await Deno.mkdir(sandbox.path("two/.git"));
  const editors = await windows(sandbox, [sandbox.path("two"), sandbox.path("two/.git")]);
  const file = "two/.git/COMMIT_EDITMSG";
  assertEquals(await openFrom(sandbox, sandbox.path("two"), sandbox.path(file), editors), [1, 0]);
});

const GIT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@localhost",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@localhost",
};

/** Creates a repository in `main` with a folder `sub`, and a linked worktree of it in `linked`. */
async function makeRepository(sandbox: Sandbox): Promise<void> {
  const script = `git init -q main && cd main
    mkdir sub && : > sub/f && git add . && git commit -qm first && git worktree add -q ../linked
    cd .. && git clone -q --bare main bare.git && git -C bare.git worktree add -q ../of-bare`;
  const result = await sh(sandbox, sandbox.directory, script);
  assertEquals(result.code, 0, result.stderr);
}

function sh(sandbox: Sandbox, cwd: string, script: string, env: Record<string, string> = {}) {
  return run({ name: "compiled", command: "sh", args: ["-ec", script] }, sandbox, {
    args: [],
    cwd,
    env: { ...GIT, GIT_EDITOR: `${compiled.command} open`, ...env },
  });
}

const WITHOUT_GIT = await new Deno.Command("git", { args: ["--version"], stdout: "null" })
  .output().then(({ success }) => !success, () => true);

for (
  const [what, here, folders, expected, script] of [
    ["a linked worktree", "linked", ["main", "linked"], 1],
    ["a worktree of a bare repository", "of-bare", ["bare.git", "of-bare", "main"], 1],
    ["a subfolder with a window of its own", "main/sub", ["main/sub", "main"], 0],
    ["a subfolder of a linked worktree", "linked/sub", ["linked", "main"], 0],
    [
      "a subfolder for which git was called from elsewhere",
      ".",
      ["main", "main/sub"],
      1,
      "git -C main/sub config -e",
    ],
  ] as const
) {
  const commit = "git commit --allow-empty || :";
  for (const inTmux of [false, true]) {
    const title = `git's own file, edited in ${what}, opens in that folder's window` +
      (inTmux ? ", also in tmux with a live hook variable" : "");
    Deno.test(title, { ignore: WITHOUT_GIT }, async () => {
      await using sandbox = await makeFolders();
      await makeRepository(sandbox);
      const editors = await windows(sandbox, folders.map((folder) => sandbox.path(folder)));
      const hook = await startEditor(sandbox);
      const env: Record<string, string> = inTmux
        ? { TMUX: "x", VSCODE_IPC_HOOK_CLI: hook.socketPath }
        : {};
      const result = await sh(sandbox, sandbox.path(here), script ?? commit, env);
      assertEquals(
        [hook, ...editors].map(({ messages }) => messages.length),
        [0, ...editors.map((_, at) => at === expected ? 1 : 0)],
        result.stderr,
      );
    });
  }
}

Deno.test("git's files opened from a folder above the repository open in the repository's window", async () => {
  await using sandbox = await makeFolders();
  await Deno.mkdir(sandbox.path("one/deep/.git"));
  const editors = await windows(sandbox, [sandbox.path("one/deep"), sandbox.path("one")]);
  assertEquals(await openFrom(sandbox, sandbox.path("one"), "deep/.git/config", editors), [1, 0]);
});
