import { join, resolve } from "@std/path";
import { systemd } from "../../src/background/service/systemd.ts";
import { MARK } from "../../src/background/service/types.ts";
import { run } from "./run.ts";

const root = resolve(import.meta.dirname!, "../..");

/** A text file that is installed beside the program. */
export interface Companion {
  /** Its path below the prefix (`/usr`). */
  readonly path: string;
  readonly text: string;
}

const COMMANDS: Record<string, readonly string[]> = {
  "share/man/man1/sessionctl.1": ["man"],
  "share/bash-completion/completions/sessionctl": ["completions", "bash"],
  "share/zsh/site-functions/_sessionctl": ["completions", "zsh"],
  "share/fish/vendor_completions.d/sessionctl.fish": ["completions", "fish"],
};

/** The man page and the completions. They come from the sources: a program may be of another CPU. */
export async function makeDocumentation(): Promise<Companion[]> {
  const main = join(root, "main.ts");
  return await Promise.all(
    Object.entries(COMMANDS).map(async ([path, words]) => ({
      path,
      text: await run(Deno.execPath(), ["run", "--allow-all", "--no-check", main, ...words]),
    })),
  );
}

/** The systemd user units of the registry. Nothing enables them; the socket starts the service. */
export function makeUnits(): Companion[] {
  return [
    { path: "lib/systemd/user/sessionctl.service", text: serviceUnit() },
    { path: "lib/systemd/user/sessionctl.socket", text: SOCKET_UNIT },
  ];
}

/** The unit that `sessionctl service install` writes, and the relation to its socket. */
function serviceUnit(): string {
  const unit = systemd.render({
    name: "sessionctl",
    description: "sessionctl: registry of the live editor windows",
    command: ["/usr/bin/sessionctl", "serve", "--no-detach"],
    env: {},
    needs: "unix-sockets",
    stopSeconds: 20,
  });
  const changes: [string, string][] = [
    // Files with this mark are those that "service uninstall" may remove.
    [MARK, "Installed with the package of sessionctl"],
    ["[Unit]\n", "[Unit]\nDocumentation=man:sessionctl(1)\n"],
    ["\n[Service]\n", "Requires=sessionctl.socket\nAfter=sessionctl.socket\n\n[Service]\n"],
    ["[Install]\n", "[Install]\nAlso=sessionctl.socket\n"],
  ];
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the service unit has no ${JSON.stringify(from)}`);
    return text.replace(from, to);
  }, unit);
}

const SOCKET_UNIT = `# Installed with the package of sessionctl
[Unit]
Description=sessionctl: socket of the registry
Documentation=man:sessionctl(1)

[Socket]
ListenStream=%t/sessionctl/registry.sock
SocketMode=0600
DirectoryMode=0700
# A registry that was started by hand would go on without its socket.
ExecStartPre=-/usr/bin/sessionctl stop

[Install]
WantedBy=sockets.target
`;
