/** Root in a container whose editor belongs to another user, and other mixtures of two users. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { resolve } from "@std/path";
import { inContainer, makeSandbox, withContainers } from "../support/mod.ts";

const recipes = await Deno.readTextFile(resolve(import.meta.dirname!, "../../docs/recipes.md"));
/**
 * The command of the recipe, as `docker exec` would run it; here the container's `/workspaces` is
 * in /tmp.
 */
const recipe = /^docker exec -it box (sessionctl open --allow-owner 1000 \/workspaces.*)$/m
  .exec(recipes)![1]!.replace("/workspaces", "/tmp/workspaces");

function test(name: string, script: string, check: (lines: string[]) => void): void {
  Deno.test({
    ...withContainers,
    name,
    fn: async () => {
      await using sandbox = await makeSandbox();
      check(await inContainer(sandbox, script));
    },
  });
}

test(
  "the recipe for root in a container opens the file in the user's window",
  `
  window 1000 /tmp/vscode-ipc-1.sock /tmp/workspaces/api
  touch /tmp/workspaces/api/README.md
  ${recipe}
  told
`,
  ([message, ...others]) => {
    assertEquals(others, []);
    assertEquals(JSON.parse(message!).fileURIs, ["file:///tmp/workspaces/api/README.md"]);
  },
);

for (const place of ["/tmp", "/run/user/1000"]) {
  test(
    `without --allow-owner root is told whose sockets in ${place} were not used`,
    `
    runtime 1000
    window 1000 ${place}/vscode-ipc-1.sock /tmp/workspaces/api
    sessionctl open /tmp/workspaces/api/a 2>&1 || echo "code $?"
    echo ---
    sessionctl open --allow-owner 1001 /tmp/workspaces/api/a 2>&1 || echo "code $?"
    echo ---
    sessionctl open --allow-owner 1000 /tmp/workspaces/api/a
    told
  `,
    (lines) => {
      const text = lines.join("\n");
      const [none, wrong, right] = text.split("\n---\n");
      for (const refused of [none!, wrong!]) {
        assertStringIncludes(
          refused,
          "editor sockets of another user (uid 1000): 1 not used, unless you give " +
            "--allow-owner 1000",
        );
        assertStringIncludes(refused, "code 1");
      }
      assertEquals(JSON.parse(right!).type, "open");
    },
  );
}

test(
  "with --allow-owner root asks the user's registry, which knows a window that discovery cannot find",
  `
  window 1000 /tmp/elsewhere.sock /tmp/other
  mkdir /tmp/home-1000 /tmp/project
  chown 1000 /tmp/home-1000
  user 1000 sessionctl serve --detach --quiet
  user 1000 sessionctl add --quiet /tmp/elsewhere.sock /tmp/project
  sessionctl open /tmp/project/a 2>/dev/null || echo "code $?"
  sessionctl open --verbose --strict --allow-owner 1000 /tmp/project/a 2>&1 | grep ^sessionctl:.registered
  told
  sessionctl open --to elsewhere --allow-owner 1000 /tmp/a
  user 1000 sessionctl stop --quiet
`,
  ([, refused, step, message]) => {
    assertEquals(refused, "code 1");
    assertStringIncludes(step!, "/tmp/elsewhere.sock: live, has /tmp/project");
    assertEquals(JSON.parse(message!).fileURIs, ["file:///tmp/project/a"]);
  },
);

test(
  "after an su that kept XDG_RUNTIME_DIR, all commands use the same registry",
  `
  runtime 1000
  mkdir /tmp/home-1001; chown 1001 /tmp/home-1001
  ann() { user 1001 env XDG_RUNTIME_DIR=/run/user/1000 SHELL=/bin/bash "$@"; }
  ann sessionctl stop 2>&1; echo "stop $?"
  ann sessionctl serve --detach --quiet; echo "serve $?"
  ann sessionctl status | grep ^socket
  ann sessionctl doctor 2>&1 | grep -E "runs on|NaN|XDG_RUNTIME_DIR|/run/user/1000" || :
  ann sessionctl list --quiet; echo "list $?"
  ann sessionctl stop 2>&1; echo "stop $?"
  ls -A /run/user/1000 | wc -l
`,
  (lines) => {
    const text = lines.join("\n");
    const place = "/tmp/sessionctl-1001/registry.sock";
    assertStringIncludes(text, "no registry is running\nstop 0\nlistening on");
    assert(new RegExp(`^socket +${place}$`, "m").test(text), text);
    assertStringIncludes(text, `runs on ${place}`);
    assertStringIncludes(text, "XDG_RUNTIME_DIR belongs to another user (uid 1000)");
    assertStringIncludes(text, `list 0\nsessionctl: ended the registry on ${place}`);
    assertEquals(text.includes("NaN"), false, text);
    assertEquals(lines.slice(-2), ["stop 0", "0"]);
  },
);

test(
  "root that kept a user's XDG_RUNTIME_DIR writes nothing into it",
  `
  runtime 1000
  export XDG_RUNTIME_DIR=/run/user/1000 HOME=/tmp/home-0
  sessionctl serve --detach --quiet >&2
  sessionctl status | grep ^socket
  ls -A /run/user/1000 | wc -l
  sessionctl stop --quiet
`,
  ([socket, count]) => {
    assert(socket!.endsWith(" /tmp/sessionctl-0/registry.sock"), socket);
    assertEquals(count, "0");
  },
);

test(
  "server and clients skip the preferred folder if it belongs to another user",
  `
  runtime 1001
  mkdir /run/user/1001/sessionctl /tmp/home-1001
  chown 1001 /tmp/home-1001
  ann() { user 1001 env XDG_RUNTIME_DIR=/run/user/1001 SHELL=/bin/bash "$@"; }
  ann sessionctl serve --detach 2>&1 | grep -o "belongs to another user (uid 0)"
  ann sessionctl status | grep ^socket
  ann sessionctl doctor 2>&1 | grep -F /run/user/1001/sessionctl
  ann sessionctl stop 2>&1
`,
  ([passed, socket, doctor, ended]) => {
    const place = "/tmp/sessionctl-1001/registry.sock";
    assertEquals(passed, "belongs to another user (uid 0)");
    assert(socket!.endsWith(` ${place}`), socket);
    assertStringIncludes(doctor!, "belongs to another user (uid 0), and is not used");
    assertStringIncludes(ended!, `ended the registry on ${place}`);
  },
);

test(
  "a directory without access is not reported as another user's",
  `
  mkdir -m 700 /tmp/closed
  mkdir /tmp/home-1001; chown 1001 /tmp/home-1001
  closed() { user 1001 sessionctl "$@" 2>&1 || echo "code $?"; }
  closed status --socket /tmp/closed/registry.sock
  closed call --to /tmp/closed/a.sock health
  closed stop --socket /tmp/closed/registry.sock
  closed open --to /tmp/closed/a.sock --json /tmp/file
  user 1001 env VSCODE_IPC_HOOK_CLI=/tmp/closed/a.sock sessionctl doctor 2>&1 | grep closed
`,
  (lines) => {
    const text = lines.join("\n");
    assertEquals(text.includes("another user"), false, text);
    const reason = "may not be used: permission denied";
    assertStringIncludes(
      text,
      `/tmp/closed/registry.sock: it ${reason}\n  choose another --socket`,
    );
    assertStringIncludes(text, `/tmp/closed/a.sock ${reason}\ncode 1`);
    assertStringIncludes(
      text,
      `/tmp/closed/registry.sock ${reason}\n  stop it as a user who is allowed to`,
    );
    assertStringIncludes(text, `{"error":{"code":"ACCESS_DENIED","message":"--to`);
    assertStringIncludes(text, `VSCODE_IPC_HOOK_CLI ${reason}: /tmp/closed/a.sock`);
  },
);

test(
  "if every usual folder belongs to another user, doctor names a usable one, which works",
  `
  runtime 1001
  mkdir /run/user/1001/sessionctl /tmp/sessionctl-1001 /tmp/home-1001
  chown 1001 /tmp/home-1001
  ann() { user 1001 env SHELL=/bin/bash HOME=/tmp/home-1001 "$@"; }
  ann sessionctl doctor 2>&1 | grep -o "export SESSIONCTL_SOCKET=.*" | sort -u
  ann env SESSIONCTL_SOCKET=/tmp/home-1001/.sessionctl/registry.sock sessionctl serve --detach
  ann env SESSIONCTL_SOCKET=/tmp/home-1001/.sessionctl/registry.sock sessionctl stop --quiet
`,
  ([fix, listening, ...others]) => {
    assertEquals(fix, "export SESSIONCTL_SOCKET=/tmp/home-1001/.sessionctl/registry.sock");
    assertStringIncludes(listening!, "listening on /tmp/home-1001/.sessionctl/registry.sock");
    assertEquals(others, []);
  },
);
