import { compiled, type Program, run, type Sandbox, writeExecutables } from "../support/mod.ts";

/** A sandbox in which the service managers are stand-ins. */
export interface Managed {
  run(...args: string[]): ReturnType<typeof run>;
  /** The calls that the managers received, one line each. */
  told(): string[];
  readonly unit: string;
  readonly socket: string;
}

/**
 * A sandbox in which `systemctl` and `loginctl` are scripts; each call of `systemctl` runs `does`.
 */
export async function manage(
  sandbox: Sandbox,
  program: Program = compiled,
  does = "exit 0",
  linger = "no",
): Promise<Managed> {
  const bin = sandbox.path("bin");
  const log = sandbox.path("told");
  await Deno.mkdir(bin);
  await Deno.writeTextFile(log, "");
  await writeExecutables({
    [`${bin}/systemctl`]: `#!/bin/sh\necho "systemctl $*" >> ${log}\n${does}\n`,
    [`${bin}/loginctl`]: `#!/bin/sh\necho ${linger}\n`,
  });
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    USER: "ann",
    SESSIONCTL_SOCKET: sandbox.path("run/registry.sock"),
  };
  return {
    run: (...args) => run(program, sandbox, { args: ["service", ...args], env }),
    told: () => Deno.readTextFileSync(log).split("\n").filter((line) => line !== ""),
    unit: sandbox.path("home/.config/systemd/user/sessionctl.service"),
    socket: sandbox.path("home/.config/systemd/user/sessionctl.socket"),
  };
}

export const onLinux = { ignore: Deno.build.os !== "linux" };
