import { ExitCode } from "../../cli/mod.ts";
import {
  copyStream,
  isStream,
  itemOfStream,
  type MergeResult,
  namesHost,
  type OpenItem,
  type OpenModes,
  type Outcome,
  parseItems,
  type Plan,
  planItems,
  PrivateFiles,
  rareStages,
  type RequestOptions,
  sendPlan,
  type StreamFile,
  streamFileName,
  type StreamItem,
  withoutLine,
} from "../../open/mod.ts";
import { printablePath, realPathOf, system } from "../../platform/mod.ts";
import type { Router } from "../../routing/mod.ts";
import { currentFolder, routerFor } from "../shared/editor_target.ts";
import { preview, printSent } from "./report.ts";
import type { OpenContext } from "./spec.ts";

/** The name that a dry run prints for the private directory, which it does not create. */
const DRY_RUN_DIRECTORY = "/tmp/sessionctl-XXXXXX";

/**
 * Runs one call of `open`: parse, plan, send, wait (src/open), and the output.
 *
 * @returns the exit code.
 */
export async function openItems(context: OpenContext): Promise<number> {
  const { args, given: { operands, operandsBeforeDashes } } = context;
  const { fileUri: fileUris, folderUri: folderUris, wait } = args;
  const modes = modesOf(context);
  const ofHosts = await itemsNamedByHost(context);
  const words = { operands, operandsBeforeDashes, folderUris, fileUris, wait, ofHosts };
  const parsed = parseItems(words, modes, currentFolder);
  using files = new PrivateFiles();
  return await new OpenRun(context, modes, files, await pickedWindow(context)).run(parsed);
}

/** The items of the operands that are written as `HOST:PATH`. */
async function itemsNamedByHost({ given, socket }: OpenContext) {
  const named = given.operands.slice(0, given.operandsBeforeDashes).filter(namesHost);
  if (named.length === 0) return undefined;
  const { itemsOfHosts } = await rareStages();
  return await itemsOfHosts(named, currentFolder, socket);
}

/** With `--pick`: the socket that the user chooses. */
async function pickedWindow(context: OpenContext): Promise<string | undefined> {
  if (!context.args.pick) return undefined;
  const { pickTarget } = await import("../shared/pick_window.ts");
  return await pickTarget(context);
}

function modesOf({ args }: OpenContext): OpenModes {
  const { remote } = args;
  const isLocal = remote === "" || remote === "local" || remote === "false";
  return {
    newWindow: args.newWindow,
    reuseWindow: args.reuseWindow,
    together: (["diff", "merge", "add", "remove"] as const).find((mode) => args[mode]),
    goto: args.goto,
    remoteAuthority: isLocal ? null : remote,
  };
}

async function hintWithoutWindow(): Promise<string> {
  const { startHint } = await rareStages();
  return await startHint() ??
    "start an editor, name one with --to SOCKET, or set a command to run instead: " +
      "export SESSIONCTL_LAUNCH=vim";
}

class OpenRun {
  readonly #context: OpenContext;
  readonly #modes: OpenModes;
  readonly #files: PrivateFiles;
  readonly #router: Router;
  readonly #streams: StreamFile[] = [];

  constructor(context: OpenContext, modes: OpenModes, files: PrivateFiles, picked?: string) {
    this.#context = context;
    this.#modes = modes;
    this.#files = files;
    this.#router = routerFor(context, {
      ...(picked === undefined ? {} : { to: picked }),
      strict: context.args.strict,
      launch: context.args.launch,
      hint: hintWithoutWindow,
    });
  }

  async run(parsed: readonly (OpenItem | StreamItem)[]): Promise<number> {
    const { args, output } = this.#context;
    const items = this.#itemsWithFiles(parsed);
    const plan = await this.#plan(items);
    this.#explainLostLines(plan);
    if (args.dryRun) return await preview(output, plan, this.#requestOptions);
    if (this.#haveStream(plan.parts)) {
      await Promise.all(this.#streams.map(({ ready }) => ready));
    }
    const merge = await this.#resultBefore(items);
    const outcome = await this.#send(plan);
    const { sent, errors } = outcome;
    const told = this.#router.tellOfUnseen(sent.map(({ window }) => window));
    await this.#registerFolders(outcome);
    const launched = await this.#launch(outcome);
    if (errors.length === 0 && launched === 0) await this.#untilDone(outcome);
    else if (this.#haveStream(sent)) await this.#untilCopied();
    await told;
    if (errors.length === 0 && sent.length > 0) this.#checkMerge(merge, errors);
    printSent(output, outcome);
    return launched;
  }

  /** The items, in which each stream is the file that receives its data. */
  #itemsWithFiles(parsed: readonly (OpenItem | StreamItem)[]): OpenItem[] {
    const folder = parsed.some(isStream) ? realPathOf(currentFolder()) : "";
    return parsed.map((item) =>
      isStream(item) ? itemOfStream(this.#fileOf(item), folder, item.position) : item
    );
  }

  /** Starts copying a stream. @returns the path of the file. */
  #fileOf({ descriptor }: StreamItem): string {
    const { args, output } = this.#context;
    if (args.dryRun) return `${DRY_RUN_DIRECTORY}/${streamFileName(descriptor)}`;
    if (descriptor === 0 && Deno.stdin.isTerminal()) {
      output.note("reading stdin; end it with Ctrl-D");
    }
    const stream = copyStream(this.#files, descriptor);
    this.#streams.push(stream);
    return stream.path;
  }

  #plan(items: readonly OpenItem[]): Promise<Plan> {
    return planItems(this.#router, items, {
      together: this.#modes.together,
      currentFolder: () => realPathOf(currentFolder()),
      gitPrefix: system.env("GIT_PREFIX"),
    });
  }

  #explainLostLines({ parts }: Plan): void {
    const windows = parts.filter(({ destination }) => destination.kind !== "launch");
    for (const { typed } of windows.flatMap(({ items }) => withoutLine(items, this.#modes))) {
      this.#context.output.note(
        `${printablePath(typed)}: opened without the line, which an editor would misread here`,
      );
    }
  }

  get #requestOptions(): RequestOptions {
    const { args } = this.#context;
    const marker = args.dryRun ? () => `${DRY_RUN_DIRECTORY}/wait` : () => this.#files.marker();
    return {
      modes: this.#modes,
      authority: system.env("VSCODE_CLI_AUTHORITY"),
      allowOwners: args.allowOwner,
      ...args.wait && { marker },
    };
  }

  #send(plan: Plan): Promise<Outcome> {
    const { output } = this.#context;
    return sendPlan(plan, {
      ...this.#requestOptions,
      router: this.#router,
      plan: (items) => this.#plan(items),
      ...output.verbose && { onStep: (line) => output.step(line) },
    });
  }

  /** Reports the windows' new folders to the registry, so that it uses them at once. */
  async #registerFolders({ sent }: Outcome): Promise<void> {
    const { together: mode } = this.#modes;
    if (mode !== "add" && mode !== "remove") return;
    const { registerChangedFolders } = await rareStages();
    const { socket, output } = this.#context;
    for (const { window, items } of sent) {
      if (window.kind !== "editor") continue;
      const failure = await registerChangedFolders(window.socketPath, items, mode, socket);
      if (failure !== undefined) output.step(failure);
    }
  }

  /** Runs `--launch` with the items without a window. @returns its exit code. */
  async #launch({ launch: wanted, errors }: Outcome): Promise<number> {
    if (wanted === undefined) return ExitCode.Done;
    const { command, items } = wanted;
    const { args, output } = this.#context;
    try {
      const { checkLaunch, launch } = await rareStages();
      checkLaunch(command);
      output.step(`no window found, running: ${command}`);
      await this.#untilCopied();
      return await launch(command, items, { modes: this.#modes, wait: args.wait });
    } catch (error) {
      errors.push(error);
      return ExitCode.Failed;
    }
  }

  /** Whether the items include a stream. */
  #haveStream(parts: readonly { readonly items: readonly OpenItem[] }[]): boolean {
    const paths = this.#streams.map(({ path }) => path);
    return parts.some(({ items }) =>
      items.some((item) => "path" in item && paths.includes(item.path))
    );
  }

  /** Waits until the files are closed (`--wait`), or the streams have ended. */
  async #untilDone({ sent, errors }: Outcome): Promise<void> {
    const waits = sent.flatMap(({ closed }) => closed?.() ?? []);
    if (waits.length === 0) return await this.#untilCopied();
    for (const result of await Promise.allSettled(waits)) {
      if (result.status === "rejected") errors.push(result.reason);
    }
  }

  /** Waits until all streams have ended. Their files stay, because the editor shows them. */
  async #untilCopied(): Promise<void> {
    await Promise.all(this.#streams.map(({ done }) => done));
    if (this.#streams.length > 0) this.#files.keep();
  }

  async #resultBefore(items: readonly OpenItem[]): Promise<MergeResult | undefined> {
    if (this.#modes.together !== "merge" || !this.#context.args.wait) return undefined;
    const { MergeResult } = await rareStages();
    return MergeResult.before(items);
  }

  /** Checks the result, for programs that call `open` as a merge tool and use its exit code. */
  #checkMerge(result: MergeResult | undefined, errors: unknown[]): void {
    try {
      result?.check(() => this.#files.keep());
    } catch (error) {
      errors.push(error);
    }
  }
}
