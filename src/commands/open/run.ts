import { ExitCode } from "../../cli/mod.ts";
import type { OpenMessage } from "../../editor/mod.ts";
import {
  copyStream,
  itemOfStream,
  launch,
  type MergeResult,
  mergeResultBefore,
  type OpenItem,
  PrivateFiles,
  type StreamFile,
  streamFileName,
  waitForClose,
} from "../../open/mod.ts";
import { SessionctlError } from "../../errors.ts";
import {
  endSignals,
  onSignals,
  printablePath,
  realPathOf,
  signalExitCode,
  system,
} from "../../platform/mod.ts";
import {
  deliver,
  type Delivery,
  type Plan,
  planDeliveries,
  type PlanOptions,
  type Router,
  type Target,
  wasNotSent,
} from "../../routing/mod.ts";
import { currentFolder, routerFor } from "../shared/editor_target.ts";
import { isStream, type OpenRequest, type OpenStream } from "./items.ts";
import type { OpenContext } from "./spec.ts";

/** A message that was sent, or would be. */
interface Sent {
  readonly target: Target;
  readonly message: OpenMessage;
}

/** What a dry run names instead of the private directory it does not make. */
const DRY_RUN_DIRECTORY = "/tmp/sessionctl-XXXXXX";

/** One call of `open`, from the request to the exit code. */
export class OpenRun {
  readonly #context: OpenContext;
  readonly #request: OpenRequest;
  readonly #router: Router;
  readonly #allowOwners: readonly number[];
  readonly #errors: unknown[] = [];
  readonly #sent: Sent[] = [];
  /** What has no window, once that is known of anything. */
  #left: OpenItem[] | undefined;
  #files: PrivateFiles | undefined;
  readonly #streams: StreamFile[] = [];
  #keepFiles = false;
  #stopSignals = () => {};

  /** @param picked The editor socket of the window that the user has chosen, if any. */
  constructor(context: OpenContext, request: OpenRequest, picked?: string) {
    this.#context = context;
    this.#request = request;
    this.#router = routerFor(context, {
      ...(picked === undefined ? {} : { to: picked }),
      strict: context.args.strict,
      hint: "start an editor, name one with --to SOCKET, or name what runs instead, such as: " +
        "export SESSIONCTL_LAUNCH=vim",
    });
    this.#allowOwners = context.args.allowOwner;
  }

  /** @returns the exit code. */
  async run(): Promise<number> {
    try {
      const items = this.#itemsWithFiles();
      const plan = await planDeliveries(this.#router, items, this.#planOptions);
      this.#explainLostLines(items);
      if (this.#context.args.dryRun) return this.#preview(plan);
      await Promise.all(this.#streams.map(({ ready }) => ready));
      const checksMerge = this.#request.modes.together === "merge" &&
        this.#context.args.wait;
      const result = checksMerge
        ? await mergeResultBefore(items.map((item) => item.uri(false)))
        : undefined;
      await this.#sendAll(plan);
      const told = this.#router.tellOfUnseen(this.#sent.map(({ target }) => target));
      await this.#registerFolders();
      const launched = await this.#launch();
      if (this.#errors.length === 0 && launched === 0) await this.#untilDone();
      await told;
      if (this.#errors.length === 0 && this.#sent.length > 0) this.#checkMerge(result);
      return this.#report(launched);
    } finally {
      this.#stopSignals();
      if (!this.#keepFiles) this.#files?.remove();
    }
  }

  get #planOptions(): PlanOptions {
    return {
      modes: this.#request.modes,
      currentFolder: () => realPathOf(currentFolder()),
      gitPrefix: system.env("GIT_PREFIX"),
      authority: system.env("VSCODE_CLI_AUTHORITY"),
    };
  }

  /** The items; a stream as the file that takes what it brings. */
  #itemsWithFiles(): OpenItem[] {
    const { items } = this.#request;
    const folder = items.some(isStream) ? realPathOf(currentFolder()) : "";
    return items.map((item) =>
      isStream(item) ? itemOfStream(this.#fileOf(item), folder, item.position) : item
    );
  }

  /** Starts copying a stream. @returns the path of the file. */
  #fileOf({ descriptor }: OpenStream): string {
    if (this.#context.args.dryRun) {
      return `${DRY_RUN_DIRECTORY}/${streamFileName(descriptor)}`;
    }
    if (descriptor === 0 && Deno.stdin.isTerminal()) {
      this.#context.output.note("reading stdin; end it with Ctrl-D");
    }
    const stream = copyStream(this.#privateFiles(), descriptor);
    this.#streams.push(stream);
    return stream.path;
  }

  /** Until all streams have ended. Their files stay: the editor shows them. */
  async #untilCopied(): Promise<void> {
    await Promise.all(this.#streams.map(({ done }) => done));
    this.#keepFiles = this.#streams.length > 0;
  }

  /** Made when they are needed; removed at the end, whatever ends us. */
  #privateFiles(): PrivateFiles {
    if (!this.#files) {
      const files = this.#files = new PrivateFiles();
      this.#stopSignals = onSignals(endSignals(), (signal) => {
        files.remove();
        Deno.exit(signalExitCode(signal));
      });
    }
    return this.#files;
  }

  #explainLostLines(items: readonly OpenItem[]): void {
    for (const { typed, goto, uri } of items) {
      if (goto === "never" && uri(true) !== uri(false)) {
        this.#context.output.note(
          `${printablePath(typed)}: opened without the line, which an editor would misread here`,
        );
      }
    }
  }

  /** Sends to all windows at once. */
  async #sendAll(plan: Plan): Promise<void> {
    for (const { items, error } of plan.undeliverable) {
      (this.#left ??= []).push(...items);
      if (this.#launchCommand === undefined) this.#errors.push(error);
    }
    await Promise.all(plan.deliveries.map((delivery) => this.#send(delivery)));
  }

  async #send({ target, items, messages }: Delivery): Promise<void> {
    for (const [index, message] of messages.entries()) {
      const marked = this.#marked(message);
      try {
        if (this.#context.output.verbose) {
          const shown = printablePath(target.socketPath);
          this.#context.output.step(`sending to ${shown}: ${JSON.stringify(marked)}`);
        }
        await deliver(target, marked, this.#allowOwners);
        this.#sent.push({ target, message: marked });
      } catch (error) {
        if (!wasNotSent(error) || index > 0 || target.step === "to") {
          this.#errors.push(error);
          return;
        }
        // It died since it was probed and got nothing: another window may have it.
        this.#router.markFailed(target.socketPath, error);
        await this.#sendAll(await planDeliveries(this.#router, items, this.#planOptions));
        return;
      }
    }
  }

  /** The registry goes by the windows' new folders at once. */
  async #registerFolders(): Promise<void> {
    const { together } = this.#request.modes;
    if (together !== "add" && together !== "remove") return;
    const { registerChangedFolders } = await import("./changed_folders.ts");
    const { socket, output } = this.#context;
    for (const { target, message } of this.#sent) {
      const failure = await registerChangedFolders(target.socketPath, message, socket);
      if (failure !== undefined) output.step(failure);
    }
  }

  /** With `--wait`: the message with a marker of its own, if it has files. */
  #marked(message: OpenMessage): OpenMessage {
    if (!this.#context.args.wait || message.fileURIs.length === 0) return message;
    const marker = this.#context.args.dryRun
      ? `${DRY_RUN_DIRECTORY}/wait`
      : this.#privateFiles().marker();
    return { ...message, waitMarkerFilePath: marker };
  }

  get #launchCommand(): string | undefined {
    return this.#context.args.launch;
  }

  /** Runs `--launch` with what has no window. @returns its exit code. */
  async #launch(): Promise<number> {
    const command = this.#launchCommand;
    if (this.#left === undefined || command === undefined) return ExitCode.Done;
    // It would find no window either, and launch itself, without an end.
    const { runsItself } = await import("../../shell/mod.ts");
    if (runsItself(command)) {
      throw new SessionctlError("USAGE", `--launch would run sessionctl again: ${command}`, {
        hint: "name the editor itself, by its absolute path if need be",
      });
    }
    this.#context.output.step(`no window found, running: ${command}`);
    await this.#untilCopied();
    return await launch(command, this.#left.map(({ typed }) => typed));
  }

  /** Until the tabs are closed (`--wait`), or the streams have ended. */
  async #untilDone(): Promise<void> {
    const waits = this.#sent.flatMap(({ target, message }) =>
      message.waitMarkerFilePath === undefined
        ? []
        : [waitForClose(message.waitMarkerFilePath, target.socketPath, this.#allowOwners)]
    );
    if (waits.length === 0) return await this.#untilCopied();
    for (const result of await Promise.allSettled(waits)) {
      if (result.status === "rejected") this.#errors.push(result.reason);
    }
  }

  /** Whoever called `open` as a merge tool goes by its exit code. */
  #checkMerge(result: MergeResult | undefined): void {
    const keptIn = () => {
      this.#keepFiles = true;
      return this.#privateFiles().directory;
    };
    try {
      result?.check(keptIn);
    } catch (error) {
      this.#errors.push(error);
    }
  }

  #report(launched: number): number {
    const { output } = this.#context;
    if (output.json) output.value({ dryRun: false, targets: this.#sent.map(describe) });
    const [first, ...others] = this.#errors;
    for (const error of others) output.error(error);
    if (first !== undefined) throw first;
    return launched;
  }

  #preview(plan: Plan): number {
    const { output } = this.#context;
    const sent = plan.deliveries.flatMap(({ target, messages }) =>
      messages.map((message) => ({ target, message: this.#marked(message) }))
    );
    if (output.json) output.value({ dryRun: true, targets: sent.map(describe) });
    else {
      for (const { target, message } of sent) {
        output.line(printablePath(target.socketPath));
        output.line(JSON.stringify(message));
      }
    }
    const [failed] = plan.undeliverable;
    if (failed === undefined) return ExitCode.Done;
    if (this.#launchCommand === undefined) throw failed.error;
    const files = plan.undeliverable.flatMap(({ items }) => items.map(({ typed }) => typed));
    if (!output.json) output.line(["launch:", this.#launchCommand, ...files].join(" "));
    return ExitCode.Done;
  }
}

function describe({ target, message }: Sent): Record<string, unknown> {
  return { ...target, message };
}
