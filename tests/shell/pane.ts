import { assertEquals } from "@std/assert";
import type { HookShell } from "../../src/shell/mod.ts";
import { type Sandbox, until } from "../support/mod.ts";
import { interactiveArguments, runCommand } from "./support.ts";

/** A pane of a tmux of its own, with a shell at its prompt. */
export class Pane {
  readonly #sandbox: Sandbox;
  readonly #socket: string;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
    this.#socket = sandbox.path("tmux.sock");
  }

  async tmux(...args: string[]): Promise<string> {
    const result = await runCommand(this.#sandbox, "tmux", ["-S", this.#socket, ...args]);
    assertEquals([result.code, result.stderr], [0, ""], args.join(" "));
    return result.stdout;
  }

  /** Starts tmux as from the terminal of a window. */
  async start(shell: HookShell, rc: string, folder: string, env: Record<string, string>) {
    const { code, stderr } = await runCommand(this.#sandbox, "tmux", [
      ...["-S", this.#socket, "-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50"],
      ...["-c", folder, shell, ...interactiveArguments(shell, rc)],
    ], { env, cwd: folder });
    assertEquals([code, stderr], [0, ""]);
    this.#sandbox.defer(async () => {
      await runCommand(this.#sandbox, "tmux", ["-S", this.#socket, "kill-server"]);
    });
  }

  /** Types a line at the prompt. */
  async type(line: string): Promise<void> {
    await this.tmux("send-keys", "-l", line);
    await this.tmux("send-keys", "Enter");
  }

  /** What stands on the screen. */
  shown(): Promise<string> {
    return this.tmux("capture-pane", "-p", "-J");
  }

  /** Types a command and waits until it has ended; its exit status. */
  async run(command: string, mark: string): Promise<string> {
    const file = this.#sandbox.path(`status-${mark}`);
    await this.type(`${command}; echo $${this.statusVariable} >${file}`);
    let status = "";
    await this.until(`the end of ${command}`, async () => {
      status = await Deno.readTextFile(file).catch(() => "");
      return status !== "";
    });
    return status.trim();
  }

  /** Waits; if in vain, the error has what stands on the screen. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    await until(what, condition, 30_000).catch(async (error) => {
      throw new Error(`${error.message}\n${await this.shown()}`);
    });
  }

  /** What the shell calls a command's exit status. */
  statusVariable = "?";
}
