import { assertEquals } from "@std/assert";
import { isRunning } from "../../src/platform/mod.ts";
import { type Sandbox, until } from "../support/mod.ts";
import { interactiveArguments, runCommand, type Shell } from "./support.ts";

/** A pane of its own tmux server, with a shell at its prompt. */
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

  /** Starts tmux as from a window's terminal. */
  start(shell: Shell, rc: string, folder: string, env: Record<string, string>) {
    return this.#start([shell, ...interactiveArguments(shell, rc)], folder, env);
  }

  /** Starts tmux with the login shell that `SHELL` names, and that shell's start-up files. */
  startLogin(folder: string, env: Record<string, string>) {
    return this.#start([], folder, env);
  }

  async #start(command: readonly string[], folder: string, env: Record<string, string>) {
    const { code, stderr } = await runCommand(this.#sandbox, "tmux", [
      ...["-S", this.#socket, "-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50"],
      ...["-c", folder, ...command],
    ], { env, cwd: folder });
    assertEquals([code, stderr], [0, ""]);
    this.#sandbox.defer(() => this.#end());
  }

  /** Ends tmux and waits for its shells, which write their histories into the sandbox. */
  async #end(): Promise<void> {
    const shells = (await this.tmux("list-panes", "-a", "-F", "#{pane_pid}")).trim().split("\n");
    await this.tmux("kill-server");
    await until("the shells have ended", () => !shells.some((pid) => isRunning(Number(pid))));
  }

  /** Types a line at the prompt. */
  async type(line: string): Promise<void> {
    await this.tmux("send-keys", "-l", line);
    await this.tmux("send-keys", "Enter");
  }

  /** The text on the screen. */
  shown(): Promise<string> {
    return this.tmux("capture-pane", "-p", "-J");
  }

  /** Types a command, waits until it has ended, and returns its exit status. */
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

  /** Waits for a condition; on a timeout, the error contains the text on the screen. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    await until(what, condition, 30_000).catch(async (error) => {
      throw new Error(`${error.message}\n${await this.shown()}`);
    });
  }

  /** The shell's variable for a command's exit status. */
  statusVariable = "?";
}
